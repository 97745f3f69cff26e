"""`coachcore subscriptions`: where the subscriptions of a store stand."""

import argparse
from collections.abc import Iterator

from coachcore.cli.printing import print_json, print_wrapped, words_of
from coachcore.practice import open_practice
from coachcore.subscriptions import SubscriptionStatus, Waiting, statuses
from coachcore.text import Catalogue

__all__ = ["subscriptions_command"]


def subscriptions_command(options: argparse.Namespace) -> int:
    """Print where each subscription of a store stands, and which engagements wait, with codes and never with text of theirs."""
    with open_practice(options.store, create=False) as practice:
        listed = statuses(practice)
    if options.json:
        print_json([status.as_dict() for status in listed])
        return 0
    words = words_of(options)
    if not listed:
        print(words.text("cli.subscription.none"))
    for status in listed:
        print_wrapped(f"{status.name}: {_standing(status, words)}")
        for line in _remarks(status, words):
            print_wrapped(line, 1)
    return 0


def _standing(status: SubscriptionStatus, words: Catalogue) -> str:
    standing = words.text("cli.subscription.position", position=status.position, last=status.last_position)
    return f"{standing}, {words.plural('cli.subscription.lag', status.lag)}"


def _remarks(status: SubscriptionStatus, words: Catalogue) -> Iterator[str]:
    if status.problem:
        yield words.text("cli.subscription.unreadable", code=status.problem)
    if status.is_paused:
        yield words.text("cli.subscription.paused")
    if status.generation:
        yield words.plural("cli.subscription.replayed", status.generation)
    if status.is_full:
        yield words.text("cli.subscription.full")
    for waiting in status.waiting:
        yield _waiting(waiting, words)


def _waiting(waiting: Waiting, words: Catalogue) -> str:
    if not waiting.event_id:
        event = words.text("cli.subscription.catching_up", version=waiting.version)
    else:
        event = words.text(
            "cli.subscription.event", event=waiting.event_id, type=waiting.type or "?", version=waiting.version
        )
    if waiting.next_attempt_at is None:
        state = words.text("cli.subscription.set_aside")
    else:
        state = words.text("cli.subscription.next_attempt", when=f"{words.time(waiting.next_attempt_at)} UTC")
    failures = words.plural("cli.subscription.failures", waiting.failures)
    reason = f" ({waiting.reason})" if waiting.reason else ""
    return f"{waiting.engagement_id}: {event}, {failures}{reason}; {state}"
