"""Repeated scales of an engagement: what each party answered, and whether the change is more than error of measurement.

The library has no scale of its own. A `Scale` says what must be known of one, with figures of the scale's manual; an
agreement states it, or a host passes it.
"""

from decimal import Decimal

import attrs
from pendulum import DateTime

from coachcore.engagement.history import History
from coachcore.errors import NotFound, NotValid, check_type, did_you_mean
from coachcore.events import ScaleAnswered
from coachcore.model.answers import bounded_repr
from coachcore.model.scales import Scale
from coachcore.progress.change import ChangeClass, ReliableChange, change_class, reliable_change
from coachcore.progress.scales import scale_score

__all__ = ["Scale", "ScaleAnswer", "ScaleAnswers", "ScaleChange", "scale_answers"]


@attrs.frozen(kw_only=True)
class ScaleAnswer:
    """One answer to a scale: its score, or the numbers of its items."""

    occurred_at: DateTime
    score: Decimal | None
    items: tuple[Decimal, ...]
    event_id: str

    def score_by(self, scale: Scale) -> float:
        """The score as it was recorded, or the sum of the items by the scale's key.

        Raises NotValid item.unknown, item.out_of_range.
        """
        if self.score is not None:
            return float(self.score)
        key = range(1, len(self.items) + 1) if scale.key is None else scale.key
        total = scale_score(self.items, {"score": key}, lowest=scale.lowest, highest=scale.highest)["score"]
        assert total is not None  # no item of a recorded answer is missing
        return total


@attrs.frozen(kw_only=True)
class ScaleChange:
    """The change between a party's first and last answer to a scale. before, after: their scores."""

    before: float
    after: float
    change: ReliableChange
    change_class: ChangeClass


@attrs.frozen(kw_only=True)
class ScaleAnswers:
    """What the parties answered to one scale, by party, in order of occurrence.

    agreed: the scale as the agreement in force states it; None where it does not.
    """

    __repr__ = bounded_repr

    scale_id: str
    by_party: dict[str, tuple[ScaleAnswer, ...]]
    agreed: Scale | None = None

    def of(self, party: str | None = None) -> tuple[ScaleAnswer, ...]:
        """The answers of a party, by id; of the only one who answered when omitted.

        Raises NotFound scale_party.unknown, NotValid scale_party.ambiguous where several answered.
        """
        if party is None:
            if len(self.by_party) > 1:
                hint = f"name one of: {', '.join(self.by_party)}"
                raise NotValid("scale_party.ambiguous", "several parties answered the scale", hint, path="party")
            return next(iter(self.by_party.values()))
        if party not in self.by_party:
            hint = did_you_mean(party, self.by_party)
            raise NotFound("scale_party.unknown", f"{party!r} has not answered the scale", hint)
        return self.by_party[party]

    def change(self, scale: Scale | None = None, party: str | None = None) -> ScaleChange | None:
        """The change from the first to the last answer of a party, with its class; None with fewer than two.

        scale: the one that was agreed, when omitted. party: as of `of`.
        Raises NotValid scale.missing where none was agreed or passed, and what `of`, `reliable_change` and
        `scale_score` raise.
        """
        scale = self.agreed if scale is None else scale
        if scale is None:
            hint = "pass a Scale with the figures of its manual, or agree on one: Agreement(scales=[Scale(id=...)])"
            raise NotValid("scale.missing", f"nothing is known of the scale {self.scale_id!r}", hint, path="scale")
        check_type(scale, Scale, "scale", "pass a Scale with the figures of its manual")
        answers = self.of(party)
        if len(answers) < 2:
            return None
        before, after = answers[0].score_by(scale), answers[-1].score_by(scale)
        return ScaleChange(
            before=before,
            after=after,
            change=reliable_change(before, after, scale.sd, scale.reliability),
            # without a cut-off the score before stands for it, which nobody crosses who was there
            change_class=change_class(
                before,
                after,
                scale.sd,
                scale.reliability,
                before if scale.cutoff is None else scale.cutoff,
                higher_is_better=scale.higher_is_better,
            ),
        )


def scale_answers(history: History) -> dict[str, ScaleAnswers]:
    """The answers to each scale, by its id."""
    by_scale: dict[str, dict[str, tuple[ScaleAnswer, ...]]] = {}
    for event in history.of_types(ScaleAnswered):
        content = event.content
        if isinstance(content, ScaleAnswered):
            answer = ScaleAnswer(
                occurred_at=event.occurred_at, score=content.score, items=content.items, event_id=event.id
            )
            of_scale = by_scale.setdefault(content.scale_id, {})
            of_scale[event.actor.party] = (*of_scale.get(event.actor.party, ()), answer)
    agreed = history.state.agreement.scale
    return {
        scale_id: ScaleAnswers(scale_id=scale_id, by_party=by_party, agreed=agreed(scale_id))
        for scale_id, by_party in by_scale.items()
    }
