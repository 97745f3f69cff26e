"""Webhooks: what is posted is signed as the specification says, and what was not acknowledged was not delivered."""

import asyncio
import hashlib
import hmac
import http.client
import json
import socket
import threading
import traceback
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pendulum import DateTime

from coachcore import Agreement, Party, Practice, Role
from coachcore import open as open_practice
from coachcore import open_async as open_async_practice
from coachcore.errors import NotDelivered, NotValid
from coachcore.events import Content, EngagementProposed
from coachcore.interop.cloudevents import CloudEvent, cloud_event, parse_cloud_event
from coachcore.interop.webhooks import WebhookSender, post_with_http_client
from coachcore.subscriptions import AsyncDelivery, AsyncSubscription, RetryPolicy, Subscription

pytest.importorskip("standardwebhooks", reason="the extra `webhooks` is not installed")

SOURCE = "https://coaching.example"
URL = "https://crm.example/hooks/a-secret-path?key=another-secret"
SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
NOON = datetime(2026, 11, 27, 12, 0, 0, 900_000, tzinfo=UTC)


class Receiver:
    """In place of the network: notes what is posted, and answers with a status or an error."""

    def __init__(self, answer: int | Exception = 204) -> None:
        self.answer = answer
        self.posts: list[tuple[str, bytes, Mapping[str, str], float]] = []

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        self.posts.append((url, body, headers, timeout))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def sender_to(receiver: Receiver, *secrets: str) -> WebhookSender:
    secrets = secrets or (SECRET,)
    return WebhookSender(URL, *secrets, source=SOURCE, clock=lambda: NOON, post=receiver)


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    """One event with a text."""
    parties = (Party(id="ann", name="Ann", role=Role.COACH), Party(id="ben", name="Ben", role=Role.CLIENT))
    with open_practice(clock=lambda: NOON) as practice:
        practice.propose(Agreement(title="Private matters", parties=parties), engagement_id="e.1")
        yield practice


@pytest.fixture(scope="module")
def event(practice: Practice) -> CloudEvent:
    return cloud_event(practice.load("e.1").recorded()[0], source=SOURCE)


def test_the_signature_is_that_of_the_specifications_vector() -> None:
    sender = WebhookSender(URL, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", source=SOURCE)
    time = DateTime.fromtimestamp(1614265330, UTC)
    signature = sender.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", time, '{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_posted_is_a_signed_cloud_event(event: CloudEvent) -> None:
    receiver = Receiver()
    sender_to(receiver).send(event)
    [(url, body, headers, timeout)] = receiver.posts
    assert (url, timeout) == (URL, 10.0)
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = b64encode(hmac.digest(bytes(range(32)), signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert parse_cloud_event(body).id == event.id


@pytest.mark.parametrize("content", [False, True])
def test_content_is_sent_only_where_the_subscription_asks_for_it(practice: Practice, content: bool) -> None:
    receiver = Receiver()
    subscription = Subscription(practice, f"crm-{content}", sender_to(receiver), content=content)
    assert subscription.run_once().delivered == 1
    assert ("Private matters" in receiver.posts[0][1].decode()) is content
    whole = json.loads(receiver.posts[0][1])
    assert (("data" in whole), ("actorid" in whole)) == (content, content)


def test_each_of_several_secrets_signs(event: CloudEvent) -> None:
    other = "whsec_" + b64encode(b"x" * 24).decode()
    receiver = Receiver()
    sender_to(receiver, SECRET, other).send(event)
    [(_, body, headers, _)] = receiver.posts
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for signature, secret in zip(headers["webhook-signature"].split(" "), (SECRET, other), strict=True):
        key = b64decode(secret.removeprefix("whsec_"))
        assert signature == "v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def test_a_delivery_has_the_same_id_whenever_its_event_is_sent_and_others_have_another(event: CloudEvent) -> None:
    receiver, later = Receiver(), Receiver()
    sender_to(receiver).send(event)
    WebhookSender(URL, SECRET, source=SOURCE, clock=lambda: NOON.replace(hour=13), post=later).send(event)
    first, again = receiver.posts[0][2], later.posts[0][2]
    assert first["webhook-id"] == again["webhook-id"]
    assert first["webhook-timestamp"] != again["webhook-timestamp"]
    assert "." not in first["webhook-id"]  # a full stop ends the id in what is signed
    others = [CloudEvent(id="a", source="/b", type="t"), CloudEvent(id="b", source="/a", type="t")]
    ids = {sender_to(receiver).signed(other, DateTime.fromtimestamp(0, UTC))[0]["webhook-id"] for other in others}
    assert len(ids | {first["webhook-id"]}) == 3


def test_what_is_not_delivered_is_sent_again_with_the_same_id(practice: Practice) -> None:
    receiver = Receiver(503)
    retry = RetryPolicy(attempts=2)
    subscription = Subscription(practice, "crm-that-is-down", sender_to(receiver), retry=retry)
    subscription.run_once()
    (waiting,) = subscription.status().waiting
    assert (waiting.engagement_id, waiting.reason) == ("e.1", "webhook.refused")
    receiver.answer = 204
    subscription.retry("e.1")
    assert subscription.run_once().delivered == 1
    first, again = receiver.posts
    assert first[1] == again[1]
    assert first[2]["webhook-id"] == again[2]["webhook-id"]


def test_an_asynchronous_practice_sends_from_a_thread(practice: Practice) -> None:
    receiver = Receiver()
    sender = sender_to(receiver)

    async def send(delivery: AsyncDelivery[Content]) -> None:
        await asyncio.to_thread(sender, delivery)

    async def main() -> int:
        async with await open_async_practice() as asynchronous:
            (proposed,) = practice.load("e.1").recorded()
            assert isinstance(proposed.content, EngagementProposed)
            await asynchronous.propose(proposed.content.agreement, engagement_id="e.2")
            return (await AsyncSubscription(asynchronous, "crm", send).run_once()).delivered

    assert asyncio.run(main()) == 1
    assert parse_cloud_event(receiver.posts[0][1]).subject == "e.2"


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_a_status_of_success_is_a_delivery(event: CloudEvent, status: int) -> None:
    receiver = Receiver(status)
    sender_to(receiver).send(event)
    assert len(receiver.posts) == 1


@pytest.mark.parametrize("status", [101, 301, 302, 304, 400, 404, 410, 429, 500, 503])
def test_any_other_status_is_none(event: CloudEvent, status: int) -> None:
    with pytest.raises(NotDelivered) as error:
        sender_to(Receiver(status)).send(event)
    assert (error.value.code, error.value.data["status"]) == ("webhook.refused", status)
    assert ("remove the subscription" in error.value.hint) is (status == 410)


@pytest.mark.parametrize(
    "problem", [ConnectionRefusedError(111, URL), TimeoutError(), socket.gaierror(), http.client.BadStatusLine(URL)]
)
def test_a_receiver_that_does_not_answer_is_none_either(event: CloudEvent, problem: Exception) -> None:
    with pytest.raises(NotDelivered) as error:
        sender_to(Receiver(problem)).send(event)
    assert error.value.code == "webhook.unreachable"
    assert "https://crm.example" in error.value.message


def test_no_secret_is_in_an_error_or_a_repr(event: CloudEvent) -> None:
    key = SECRET.removeprefix("whsec_")
    for receiver in (Receiver(500), Receiver(ConnectionRefusedError(111, URL))):
        sender = sender_to(receiver)
        try:
            sender.send(event)
        except NotDelivered as error:
            shown = "".join(traceback.format_exception(error)) + repr(error.as_dict()) + repr(sender)
        assert not [secret for secret in (key, "a-secret-path", "another-secret") if secret in shown]
    for bad in (f"{SECRET}?", f"whsec_{key[:8]}", f"{SECRET}{key}", key.encode()):
        with pytest.raises(NotValid) as refusal:
            WebhookSender(URL, bad, source=SOURCE)  # type: ignore[arg-type]
        assert refusal.value.code == "webhook_secret.invalid"
        assert key[:8] not in str(refusal.value)


def test_a_sender_needs_a_secret() -> None:
    with pytest.raises(NotValid) as refusal:
        WebhookSender(URL, source=SOURCE)
    assert refusal.value.code == "webhook_secret.invalid"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"source": "my practice"}, "cloud_event_attribute.invalid"),
        ({"source": ""}, "cloud_event_attribute.invalid"),
        ({"timeout": 0}, "webhook_timeout.out_of_range"),
        ({"timeout": -1.0}, "webhook_timeout.out_of_range"),
        ({"timeout": float("inf")}, "webhook_timeout.out_of_range"),
        ({"timeout": float("nan")}, "webhook_timeout.out_of_range"),
        ({"timeout": "10"}, "value.invalid"),
    ],
)
def test_a_mistake_shows_before_the_first_delivery(options: dict[str, Any], code: str) -> None:
    with pytest.raises(NotValid) as refusal:
        WebhookSender(URL, SECRET, **{"source": SOURCE, **options})
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://crm.example/hook", "webhook_url.not_allowed"),
        ("http://10.0.0.1/hook", "webhook_url.not_allowed"),
        ("http://localhost.crm.example/", "webhook_url.not_allowed"),
        ("http://127.0.0.1.crm.example/", "webhook_url.not_allowed"),
        ("ftp://crm.example/", "webhook_url.invalid"),
        ("crm.example/hook", "webhook_url.invalid"),
        ("https:///hook", "webhook_url.invalid"),
        ("https://user:password@crm.example/", "webhook_url.invalid"),
        ("https://crm.example:999999/", "webhook_url.invalid"),
        ("https://crm.example/a b", "webhook_url.invalid"),
        ("https://crm.example/a\r\nhost: other", "webhook_url.invalid"),
        ("https://crm.example/ē", "webhook_url.invalid"),
        ("https://[::1", "webhook_url.invalid"),
    ],
)
def test_a_url_that_must_not_be_posted_to_is_refused(url: str, code: str) -> None:
    with pytest.raises(NotValid) as refusal:
        WebhookSender(url, SECRET, source=SOURCE)
    assert refusal.value.code == code
    assert "password" not in refusal.value.message


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/", "http://127.0.0.2/", "http://[::1]:80/", "https://crm.example"]
)
def test_this_machine_and_https_are_allowed(url: str) -> None:
    assert repr(WebhookSender(url, SECRET, source=SOURCE)).startswith("<WebhookSender http")


class Answering(HTTPServer):
    """A receiver on this machine that answers with one status, and notes what it gets."""

    def __init__(self, status: int, location: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status, self.location = status, location
        self.requests: list[tuple[str, str | None, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append((self.path, self.headers["webhook-id"], body))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("location", self.server.location)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def receivers() -> Iterator[list[Answering]]:
    """Two of them, the first of which redirects to the second."""
    second = Answering(204)
    servers = [Answering(307, f"{second.url}/elsewhere"), second]
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in servers]
    for thread in threads:
        thread.start()
    yield servers
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_standard_client_posts_and_follows_no_redirect(receivers: list[Answering], event: CloudEvent) -> None:
    redirecting, receiver = receivers
    WebhookSender(f"{receiver.url}/hook?key=7", SECRET, source=SOURCE).send(event)
    [(path, message_id, body)] = receiver.requests
    assert path == "/hook?key=7"
    assert message_id
    assert parse_cloud_event(body).subject == "e.1"
    with pytest.raises(NotDelivered) as error:
        WebhookSender(redirecting.url, SECRET, source=SOURCE).send(event)
    assert error.value.data["status"] == 307
    assert (len(redirecting.requests), len(receiver.requests)) == (1, 1)


def test_the_standard_client_fails_where_nobody_listens(event: CloudEvent) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, and not listening: the port is free and refuses
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(OSError, match="refused"):
            post_with_http_client(url, b"", {}, 5)
        with pytest.raises(NotDelivered):
            WebhookSender(url, SECRET, source=SOURCE).send(event)
