"""Webhooks: events sent to a URL as CloudEvents, signed by the Standard Webhooks specification. Extra `webhooks`.

`WebhookSender` is a handler of a durable subscription, which repeats what fails and remembers how far it has come::

    crm = WebhookSender("https://crm.example/hook", SECRET, source="https://coaching.example")
    Subscription(practice, "crm", crm).run_once()

Promises: ids, types and times alone, unless the subscription asks for content. The id of a delivery is made from that
of its event, and is the same however often it is sent, so that a receiver drops what it has had. What was not
acknowledged by a status of 2xx was not delivered, redirects included: following one would send to a place that nobody
has agreed to. Neither the secret nor the URL's path, which may hold another secret, is in an error, a repr or a log.

Specification: https://github.com/standard-webhooks/standard-webhooks, version 1.0.0.
"""

import ipaddress
import math
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pendulum import DateTime

from coachcore.errors import NotDelivered, NotValid, check_callable, check_type
from coachcore.interop.cloudevents import MEDIA_TYPE, CloudEvent, cloud_event
from coachcore.model.times import as_moment

if TYPE_CHECKING:
    from standardwebhooks import Webhook

    from coachcore.events import Content
    from coachcore.subscriptions import AsyncDelivery, Delivery

__all__ = ["Post", "WebhookSender", "post_with_http_client"]

Post = Callable[[str, bytes, Mapping[str, str], float], int]
"""Sends a body with headers to a URL, within a number of seconds, and returns the status of the answer."""

TIMEOUT: Final = 10.0
"""Seconds: receivers ought to put what they get aside and answer at once."""
SECRET_BYTES: Final = range(24, 65)
"""How long a secret may be; Standard Webhooks, "Signature scheme"."""
GONE: Final = 410
"""The status by which a receiver says that it wants no more events, by Standard Webhooks."""


class WebhookSender:
    """A handler that posts each event to one URL.

    url: https, or http to this machine. secrets: `whsec_` and Base64, as receivers get them; of several, as while one
    replaces another, each signs. source: a URI by which the host names the practice. timeout: seconds that each step of
    the exchange may take. clock: returns the present, which is signed. post: sends in place of the standard library's
    client, where a host has a proxy.
    Raises NotValid webhook_url.invalid, webhook_url.not_allowed, webhook_secret.invalid, webhook_timeout.out_of_range,
    cloud_event_attribute.invalid (the source), package.missing.
    """

    def __init__(
        self,
        url: str,
        *secrets: str,
        source: str,
        timeout: float = TIMEOUT,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        post: Post | None = None,
    ) -> None:
        self._url, self._place = url, _place(url)
        self._signers = [_signer(secret) for secret in secrets]
        if not secrets:
            raise _bad_secret("there is none")
        # refuses a source that is no URI here, and not at the first delivery
        CloudEvent(id="1", source=source, type="t")
        check_callable(clock, "clock")
        if post is not None:
            check_callable(post, "post")
        check_type(timeout, (int, float), "timeout")
        if not 0 < timeout < math.inf:
            hint = "give a number of seconds above 0: a receiver that never answers would stop all deliveries"
            raise NotValid("webhook_timeout.out_of_range", f"the timeout is {timeout}", hint, path="timeout")
        self.source, self.timeout = source, timeout
        self._clock = clock
        self._post = post_with_http_client if post is None else post

    def __repr__(self) -> str:
        return f"<WebhookSender {self._place}>"

    def __call__(self, delivery: "Delivery[Content] | AsyncDelivery[Content]") -> None:
        """Send an event, with its content where the subscription has it. Raises NotDelivered, so that it is delivered again."""
        self.send(cloud_event(delivery.event, source=self.source, content=delivery.has_content))

    def send(self, event: CloudEvent) -> None:
        """Send a CloudEvent. Raises NotDelivered webhook.unreachable, webhook.refused with the `status` in its data."""
        headers, body = self.signed(event, as_moment(self._clock()))
        try:
            status = self._post(self._url, body, headers, self.timeout)
        except (OSError, HTTPException) as error:
            raise NotDelivered(
                "webhook.unreachable",
                f"{self._place} did not answer: {type(error).__name__}",
                "see whether it is up, and reachable from this machine",
            ) from None  # what the client says may hold the path
        if not 200 <= status < 300:
            raise NotDelivered(
                "webhook.refused",
                f"{self._place} answered {status}",
                "it wants no more events: remove the subscription" if status == GONE else "see its log",
                status=status,
            )

    def signed(self, event: CloudEvent, time: DateTime) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a delivery attempted at a time."""
        body = event.to_json()
        digest = sha256(f"{event.source}\0{event.id}".encode()).hexdigest()
        message_id = f"msg_{digest[:32]}"  # the signature wants an id without full stops, which ids of events may have
        headers = {
            "content-type": f"{MEDIA_TYPE}; charset=utf-8",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(time.timestamp())),
            "webhook-signature": self.signature(message_id, time, body),
        }
        return headers, body.encode()

    def signature(self, message_id: str, time: DateTime, body: str) -> str:
        """The signatures of a message, one by each secret, as their header has them."""
        return " ".join(signer.sign(message_id, time, body) for signer in self._signers)


def post_with_http_client(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
    """Post by the standard library, without a proxy; certificates are checked, and redirects are not followed."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers=dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def _place(url: str) -> str:
    """The scheme, host and port of a URL that may be posted to."""
    check_type(url, str, "url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port of six digits, half an IPv6 address
        host = None
    if not host or parts.scheme not in ("https", "http") or parts.username is not None or not _is_plain(url):
        raise NotValid(
            "webhook_url.invalid",
            "this is not a URL that can be posted to",
            "write it as https://host/path, with %-escapes, and without a user or a password",
            path="url",
        )
    if parts.scheme == "http" and not _is_this_machine(host):
        raise NotValid(
            "webhook_url.not_allowed",
            f"http://{host} would send events over the network for anybody to read",
            "use https; http is for this machine alone (localhost, 127.0.0.1, [::1])",
            path="url",
        )
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}" + (f":{port}" if port else "")


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _signer(secret: str) -> "Webhook":
    try:
        from standardwebhooks import Webhook
    except ImportError as error:
        raise NotValid(
            "package.missing",
            "webhooks are signed by the package standardwebhooks",
            "pip install 'coachcore[webhooks]'",
        ) from error
    if not isinstance(secret, str):  # not `check_type`, which would show it
        raise _bad_secret("it is no text")
    try:
        length = len(b64decode(secret.removeprefix("whsec_"), validate=True))
    except ValueError:
        raise _bad_secret("it is not Base64") from None
    if length not in SECRET_BYTES:
        raise _bad_secret(f"it is {length} bytes long")
    return Webhook(secret)


def _bad_secret(reason: str) -> NotValid:
    hint = f"make one of {SECRET_BYTES[0]} to {SECRET_BYTES[-1]} random bytes: 'whsec_' and their Base64"
    return NotValid("webhook_secret.invalid", f"this secret cannot sign: {reason}", hint, path="secrets")
