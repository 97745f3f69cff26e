"""Powers over the ledger: who may confirm, contest, waive, decide and hand over, about whose obligation, and until when.

Four principles stand behind the table. What is against one's own interest one may do alone. What helps oneself needs the other side.
What hurts the other side needs their consent, or their silence once they could read it, or somebody who has no part in it. What
stays undecided counts as if it had never been said. So neither side can improve its own record, or worsen the other's, alone.

The obligation's own role decides, not who carries the duty now: a duty that is handed over takes none of its past with it. An act of
speech takes effect when it is recorded, and cannot be dated back.

What was recorded elsewhere before, and is imported, keeps its effect: what could be waived or handed over when it was recorded stays so.
No window expires before the import: whoever could not answer elsewhere may do so here, for as long as from the day of the import.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import attrs
from pendulum import DateTime

from coachcore import events as e
from coachcore.engagement.evolve import LONGEST_PAUSE, PAUSED_ALONE_IN
from coachcore.engagement.permissions import DAYS_AFTER_THE_END
from coachcore.engagement.state import State
from coachcore.engagement.windows import ANSWER, DECISION
from coachcore.events import Content, Event
from coachcore.model.words import Visibility

__all__ = [
    "POWERS",
    "SPEECH",
    "Power",
    "Standing",
    "Window",
    "corrections_of",
    "is_private",
    "readable_from",
]


def readable_from(event: Event, corrections: Iterable[Event]) -> DateTime | None:
    """From when the other side can read what an event says of them; None where it cannot, and so need not answer.

    corrections: of this event. Each may say something else, and so begins the time to answer anew.
    """
    if event.visibility is Visibility.AUTHOR:
        return None
    return max([event.recorded_at, *(correction.recorded_at for correction in corrections)])


def is_private(state: State, event: Event) -> bool:
    """Whether its author keeps an event to themselves, or one from which it follows, so that the other side does not read it."""
    source: Event | None = event
    passed: set[str] = set()
    while source is not None and source.id not in passed:
        if source.visibility is Visibility.AUTHOR:
            return True
        passed.add(source.id)
        source = None if source.caused_by is None else state.events.get(source.caused_by)
    return False


def corrections_of(state: State, event: Event) -> list[Event]:
    """The corrections of an event, without those that wait for a confirmation."""
    if event.id not in state.corrected:
        return []
    return [
        correction
        for correction in state.events.values()
        if getattr(correction.content, "entry_id", None) == event.id and correction.id not in state.proposed_corrections
    ]


class Standing(StrEnum):
    """How whoever acts stands to the obligation."""

    DEBTOR = "debtor"
    """The role that owes it."""
    CREDITOR = "creditor"
    """The role that it is owed to: the other of coach and client. What is owed to one of several clients is owed to them alone."""
    SUPERVISOR = "supervisor"
    """Somebody who has no part in it."""
    SPONSOR = "sponsor"
    """Who carries no duty and is owed none."""
    AUTHOR = "author"
    """Who recorded the event that an act is about, whatever their role."""
    HOST = "host"
    """The application, which acts for no party."""


class Window(StrEnum):
    """Until when an act is possible, by a charter that sets no windows of its own."""

    WHILE_OPEN_OR_ENDED = f"from its opening until {DAYS_AFTER_THE_END.days} days after the engagement's end"
    AFTER_EVIDENCE = f"{ANSWER.days} days from when the evidence can be read"
    AFTER_ENTRY = f"{ANSWER.days} days from when the entry can be read"
    BEFORE_OR_AFTER_MISS = f"from its opening until {DECISION.days} days after it was missed"
    UNDECIDED = f"while it is undecided, {DECISION.days} days"
    AFTER_OFFER = f"{ANSWER.days} days from the offer"
    BEFORE_DUE = "before its due day is over"
    AFTER_PROPOSAL = f"{ANSWER.days} days from when it was proposed, and until its due day is over"
    AFTER_CLOSING = (
        f"recorded up to {DAYS_AFTER_THE_END.days} days after its due day and grace, and after the engagement's end"
    )
    BEFORE_SESSION = "before the session begins"
    ONCE_OVER = f"once the session has begun, until {DAYS_AFTER_THE_END.days} days after the engagement's end"
    UNTIL_SAID = "until it was said how the session went"
    REPORT = f"until {DECISION.days} days after the engagement's end"
    WHILE_IT_RUNS = "while the engagement runs"
    BEFORE_ANYTHING = "into an engagement that is still empty"
    ANY = "at any time"


@attrs.frozen(kw_only=True)
class Power:
    """What one act over the ledger takes: by whom, about whose obligation, until when, with whose consent, and what comes of it.

    act: the event that records it; None where many do, or none, and `name` says what is meant. A debtor acts about their own obligation,
    a creditor about one that is owed to them. consent, effect, undone_by: in words, for the reference page.
    """

    act: type[Content] | None
    name: str = ""
    actors: frozenset[Standing]
    window: Window
    consent: str = "none"
    effect: str
    undone_by: str

    @property
    def title(self) -> str:
        """What the act is called: the command by which it is recorded, in words."""
        return self.name or ("" if self.act is None else self.act.verb.replace("_", " "))


SIDES: Final = frozenset({Standing.DEBTOR, Standing.CREDITOR})


POWERS: Final[tuple[Power, ...]] = (
    Power(
        act=None,
        name="record what meets an obligation",
        actors=frozenset({Standing.DEBTOR}),
        window=Window.AFTER_CLOSING,
        effect="met by when it occurred, marked as entered late; what is recorded later than that is met late at best, and after the "
        "end not at all. It settles one obligation of a schedule",
        undone_by="the author retracting it; a contest that is upheld",
    ),
    Power(
        act=e.SessionHeld,
        actors=SIDES,
        window=Window.ONCE_OVER,
        consent="of whoever is said not to have come, or could not know of the session: silence",
        effect="what is owed about the session follows; whoever it does not name did not come, which counts once they could answer",
        undone_by="the author retracting it; a contest that is upheld",
    ),
    Power(
        act=e.SessionMissed,
        actors=SIDES,
        window=Window.ONCE_OVER,
        consent=f"of the other side, where it names them: {ANSWER.days} days of silence, or their concession",
        effect="the obligation of whoever is named waits, and then is missed; of whoever names themselves it is missed at once",
        undone_by="the author retracting it; a contest that is upheld",
    ),
    Power(
        act=e.SessionCancelled,
        actors=SIDES,
        window=Window.UNTIL_SAID,
        consent=f"outside the notice none; inside it, of the other side where it names them: {ANSWER.days} days of silence",
        effect="what was not yet due about it lapses; inside the notice whoever wished it gave none",
        undone_by="the author retracting it; a contest that is upheld",
    ),
    Power(
        act=e.SessionMoved,
        actors=SIDES,
        window=Window.BEFORE_SESSION,
        consent=f"outside the notice none; inside it the other side agrees within {ANSWER.days} days",
        effect="the same session, whose due days move; nothing is settled. Not agreed to, it counts as cancelled late by whoever wished it",
        undone_by="moving it again",
    ),
    Power(
        act=e.EvidenceConfirmed,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.WHILE_OPEN_OR_ENDED,
        effect="met, or met late after its due day, on the day of the confirmation",
        undone_by="a dispute that is decided",
    ),
    Power(
        act=e.EvidenceContested,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.AFTER_EVIDENCE,
        effect="in dispute; its state stays until the dispute is decided",
        undone_by="withdrawing it",
    ),
    Power(
        act=e.EvidenceContested,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.AFTER_ENTRY,
        effect="what the other side entered against it (a session missed, cancelled or moved late), or somebody else as its ground (a "
        "session held), waits for a decision; undecided, the obligation lapses and is not judged",
        undone_by="withdrawing it",
    ),
    Power(
        act=e.ObligationConceded,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.AFTER_ENTRY,
        effect="what the other side entered against it counts at once",
        undone_by="the other side withdrawing the entry",
    ),
    Power(
        act=e.SessionMoveAgreed,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.AFTER_ENTRY,
        effect="moving the session at short notice is not cancelling it late",
        undone_by="nothing",
    ),
    Power(
        act=e.ResolutionOffered,
        actors=SIDES,
        window=Window.UNDECIDED,
        consent="of the other side: acceptance",
        effect=f"nothing until it is accepted; the offer lapses after {ANSWER.days} days",
        undone_by="another offer",
    ),
    Power(
        act=e.ResolutionAccepted,
        actors=SIDES,
        window=Window.AFTER_OFFER,
        effect="the dispute is settled as the other side offered",
        undone_by="nothing",
    ),
    Power(
        act=e.DisputeResolved,
        actors=frozenset({Standing.DEBTOR, Standing.CREDITOR, Standing.SUPERVISOR}),
        window=Window.UNDECIDED,
        effect="who raised it may withdraw it, the other side concede it, a supervisor decide it either way",
        undone_by="nothing",
    ),
    Power(
        act=e.ObligationWaived,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.BEFORE_OR_AFTER_MISS,
        effect="waived where it would be missed; what was met, late or in time, stays so, and evidence in time still meets it. What is "
        "owed to several clients, once each of them has waived it",
        undone_by="the debtor meets it",
    ),
    Power(
        act=e.DutyHandedOver,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.WHILE_IT_RUNS,
        consent="of the new owner: acceptance",
        effect=f"nothing until it is accepted; the offer lapses after {ANSWER.days} days",
        undone_by="withdrawing it, by handing it over to oneself",
    ),
    Power(
        act=e.HandoverAccepted,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.AFTER_OFFER,
        effect="the new owner owes what opens from then on; in the period under way the old one stays, "
        "and either's evidence counts. Of several new owners, each accepts it for themselves",
        undone_by="offering it back",
    ),
    Power(
        act=e.BreachReported,
        actors=frozenset({*SIDES, Standing.SUPERVISOR, Standing.SPONSOR}),
        window=Window.REPORT,
        consent="of whoever carried the duty that day, or a decision",
        effect="in dispute: it changes nothing until it is decided. It is of a standing duty, and of whoever carried that when it happened",
        undone_by="withdrawing it",
    ),
    Power(
        act=e.BreachResolved,
        actors=frozenset({*SIDES, Standing.SUPERVISOR, Standing.SPONSOR}),
        window=Window.UNDECIDED,
        effect="who reported it may withdraw it, whoever carried the duty admit it, a supervisor who did not report it decide it either way",
        undone_by="nothing",
    ),
    Power(
        act=e.InformationDisclosed,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.ANY,
        consent="of each client whom it concerns, or law or danger as its ground",
        effect="recorded in any case; without a ground it opens a breach of confidentiality, for others to decide",
        undone_by="nothing; a correction by which the breach disappears waits for the other side",
    ),
    Power(
        act=e.ConsentWithdrawn,
        actors=frozenset({Standing.CREDITOR}),
        window=Window.ANY,
        effect="what is disclosed from then on rests on it no more",
        undone_by="consenting again",
    ),
    Power(
        act=e.StatementAcknowledged,
        actors=SIDES,
        window=Window.ANY,
        effect="a receipt of the statement's digest, no agreement; once both sides have acknowledged it, its period is closed, and "
        "what changes in it later is shown beside it",
        undone_by="nothing",
    ),
    Power(
        act=e.EntryCorrected,
        actors=frozenset({Standing.AUTHOR}),
        window=Window.ANY,
        consent=f"of the other side, where it helps the author, or comes later than {ANSWER.days} days: it confirms it",
        effect="what was settled by the entry is reversed, and settled anew; shown to the other side",
        undone_by="another correction",
    ),
    Power(
        act=e.ContentErased,
        actors=frozenset({Standing.AUTHOR, Standing.HOST}),
        window=Window.ANY,
        effect="the text goes, the outcome stays; the host erases on a ground of the law alone",
        undone_by="nothing",
    ),
    Power(
        act=e.CorrectionConfirmed,
        actors=SIDES,
        window=Window.ANY,
        effect=f"the other side's correction counts, which is needed later than {ANSWER.days} days after the entry, "
        "or where it helps its author",
        undone_by="another correction",
    ),
    Power(
        act=e.EngagementPaused,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        consent="of the other side, in a group of everybody else, where it is dated back, or is to last longer than "
        f"{LONGEST_PAUSE.days} days: they confirm it",
        effect="what is not yet due moves by its days, from when it is recorded and for "
        f"{LONGEST_PAUSE.days} of {PAUSED_ALONE_IN.days} days at most; what survives is not stopped",
        undone_by="resuming, by either",
    ),
    Power(
        act=e.EngagementResumed,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        effect="the clock goes on",
        undone_by="another pause",
    ),
    Power(
        act=e.PauseConfirmed,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        effect="the other side's pause counts from the date that it named, and until it is resumed; in a group once every other coach "
        "and client has confirmed it",
        undone_by="resuming, by either",
    ),
    Power(
        act=e.ActionPlanned,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        consent="of the owner, where somebody else plans it for them: acceptance",
        effect="owed from then on; what is planned for the other side is proposed to it",
        undone_by="dropping it before its due day",
    ),
    Power(
        act=e.ActionAccepted,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.AFTER_PROPOSAL,
        effect="owed from then on; what is proposed to somebody is not owed until they accept it",
        undone_by="dropping it before its due day",
    ),
    Power(
        act=e.ActionDone,
        actors=SIDES,
        window=Window.AFTER_CLOSING,
        effect="met; the creditor's word is as good as the owner's, and nobody else's is any",
        undone_by="the author retracting it; a contest that is upheld",
    ),
    Power(
        act=e.GoalSet,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        consent="of the client, where the coach sets it: acceptance",
        effect="what the client owes about their goal is owed from then on",
        undone_by="dropping it",
    ),
    Power(
        act=e.GoalAccepted,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.AFTER_OFFER,
        effect="what the client owes about a goal that the coach set is owed from then on",
        undone_by="dropping it",
    ),
    Power(
        act=e.ActionRescheduled,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.BEFORE_DUE,
        effect="twice at most: its due day moves, and nothing is settled",
        undone_by="moving it again",
    ),
    Power(
        act=e.ActionDropped,
        actors=frozenset({Standing.DEBTOR}),
        window=Window.BEFORE_DUE,
        effect="lapsed; a proposed one is declined so, or withdrawn by whoever proposed it",
        undone_by="planning another",
    ),
    Power(
        act=e.GoalDropped,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        effect="what was not yet due about it lapses, by whose act is counted; a coach still owes what they owe about a client's goal",
        undone_by="setting another",
    ),
    Power(
        act=e.GoalPaused,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        effect="nothing is expected of the goal meanwhile",
        undone_by="resuming it, by either",
    ),
    Power(
        act=e.GoalResumed,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        effect="the goal goes on",
        undone_by="pausing it again",
    ),
    Power(
        act=e.AgreementAmended,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        consent="of all signatories, and of whoever leaves",
        effect="what is opened after that follows it; nothing that was settled is judged again",
        undone_by="another amendment",
    ),
    Power(
        act=e.AgreementAccepted,
        actors=frozenset({*SIDES, Standing.SPONSOR}),
        window=Window.AFTER_OFFER,
        effect="in force once all have accepted",
        undone_by="another amendment",
    ),
    Power(
        act=e.EngagementCompleted,
        actors=SIDES,
        window=Window.WHILE_IT_RUNS,
        effect=f"what was not yet due lapses; what was due or in its grace may be met for {DAYS_AFTER_THE_END.days} days more; what "
        "survives is owed on",
        undone_by="nothing",
    ),
    Power(
        act=e.EngagementTerminated,
        actors=frozenset({*SIDES, Standing.SPONSOR}),
        window=Window.WHILE_IT_RUNS,
        effect="as completing it",
        undone_by="nothing",
    ),
    Power(
        act=None,
        name="import",
        actors=frozenset({Standing.HOST}),
        window=Window.BEFORE_ANYTHING,
        effect="what was recorded elsewhere keeps its effect, and its times; no window expires before it. New rows of a message log are "
        "added to the engagement that came from it",
        undone_by="nothing",
    ),
)
"""The acts over the ledger, and what gives rise to obligations. `docs/reference/roles.md` shows this table; the guards enforce it."""

SPEECH: Final = frozenset(
    {
        e.ActionAccepted,
        e.AgreementAccepted,
        e.AgreementAmended,
        e.BreachResolved,
        e.ConsentWithdrawn,
        e.CorrectionConfirmed,
        e.DisputeResolved,
        e.DutyHandedOver,
        e.EngagementResumed,
        e.GoalAccepted,
        e.GoalDropped,
        e.GoalPaused,
        e.GoalResumed,
        e.HandoverAccepted,
        e.EvidenceConfirmed,
        e.EvidenceContested,
        e.ObligationConceded,
        e.ObligationWaived,
        e.PauseConfirmed,
        e.ResolutionAccepted,
        e.ResolutionOffered,
        e.SessionMoveAgreed,
        e.StatementAcknowledged,
    }
)
"""Acts of speech, which take effect when they are recorded."""
