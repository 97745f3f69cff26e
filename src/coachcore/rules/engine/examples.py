"""A set's examples tried: what each expects of rules, and what came of it."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

import attrs

from coachcore.rules.engine.verdicts import Verdict
from coachcore.rules.files.rule_file import Example

__all__ = ["Failure", "failures"]


@attrs.frozen(kw_only=True)
class Failure:
    """An example whose verdict is not the one it expects. found: holds, fails, unknown or inapplicable."""

    example: Example
    rule_id: str
    expected: str
    found: str
    verdict: Verdict


def failures(
    examples: Iterable[Example], disabled: Container[str], judge: Callable[[Example], Sequence[Verdict]]
) -> Iterator[Failure]:
    """The verdicts that are not as examples expect them. judge: the verdicts of all rules on an example's facts."""
    for example in examples:
        by_id = {verdict.rule_id: verdict for verdict in judge(example)}
        for rule_id, expected in example.expect.items():
            if rule_id in disabled:
                continue
            verdict = by_id[rule_id]
            if verdict.result != expected:
                yield Failure(
                    example=example, rule_id=rule_id, expected=expected, found=verdict.result, verdict=verdict
                )
