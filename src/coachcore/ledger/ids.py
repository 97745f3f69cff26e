"""Ids of obligations: `<duty>#<n>` for the nth period, `<duty>/<id>` for a session, goal and so on, `<duty>/start` and the like.

No two obligations have the same id, whatever ids a host gives its sessions, goals and parties, and none depends on
what comes later. After the duty, which has no `@`, a name is read from the left: two `@` stand for one of the host's;
the first single one ends the host's id. What follows it is the kind of occasion, where a duty has several kinds, a
number after `.`, and after `:` the id of a party, as it is, where several have an obligation each:

    client.development.reflection#7            client.development.reflection#7@:anna
    client.engagement.participation/s4         client.engagement.participation/s4@:anna
    client.action.consequences/d1@decision     client.action.consequences/d1@decision:anna
    client.goals.smart/g1.2                    client.goals.smart/g1@.2:anna

A single `@` before nothing marks a host's id that would read as another obligation's: a session called `start`. Where a party is named,
such an id is followed by its kind.
"""

import re
from hashlib import sha256

__all__ = ["MAX_ID", "of_occasion", "of_period", "once"]

MAX_ID = 128
"""The longest id that an event may hold (`model.value.Ident`), so that every obligation can be confirmed, contested and waived."""
FIXED_NAMES = re.compile(r"(start|first_session|standing)(\.\d+)?")
LOOKS_NUMBERED = re.compile(r"\.\d+$")


def of_period(duty_id: str, number: int, party: str | None = None) -> str:
    """The id of an obligation for a period. party: whose it is, where several have one each."""
    return _limited(f"{duty_id}#", _with_party(str(number), party))


def once(duty_id: str, name: str, party: str | None = None) -> str:
    """The id of an obligation that a duty has once: `start`, `first_session`, `standing`."""
    return _limited(f"{duty_id}/", _with_party(name, party))


def of_occasion(
    duty_id: str,
    subject_id: str,
    kind: str,
    *,
    number: int = 0,
    is_first_kind: bool = True,
    has_numbers: bool = False,
    party: str | None = None,
) -> str:
    """The id of an obligation for an occasion.

    kind: of occasion; is_first_kind: whether it is the first that the duty has, which is not named. number: which occasion of the subject,
    0 where it has one; has_numbers: whether any schedule of the duty numbers them.
    """
    name = subject_id.replace("@", "@@")
    is_fixed = FIXED_NAMES.fullmatch(subject_id) is not None
    if not is_first_kind or (party is not None and is_fixed):
        name = f"{name}@{kind}"
    elif party is not None or is_fixed or (has_numbers and LOOKS_NUMBERED.search(subject_id)):
        name = f"{name}@"
    if number:
        name = f"{name}.{number}"
    return _limited(f"{duty_id}/", name if party is None else f"{name}:{party}")


def _with_party(name: str, party: str | None) -> str:
    return name if party is None else f"{name}@:{party}"


def _limited(beginning: str, name: str) -> str:
    """The id, with a digest in place of a name that is too long."""
    if len(beginning) + len(name) > MAX_ID:
        name = f"{sha256(name.encode()).hexdigest()[:32]}@long"
    return f"{beginning}{name}"
