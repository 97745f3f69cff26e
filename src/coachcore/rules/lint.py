"""What is odd about the rules of a set: those that never apply or fail, say the same, or cannot hold together.

What is said of a rule is said of every world that its comparisons can tell apart (`worlds`), so it is never wrong; that
nothing is said proves something only where these worlds are exact and not too many, and the report names the rules, and
the pairs, of which that is not so.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import combinations
from operator import and_
from typing import Any, Final, Literal

import attrs

from coachcore.rules.facts import FactSchema
from coachcore.rules.rule import SEVERITIES
from coachcore.rules.sampling import sampled
from coachcore.rules.tree import (
    Comparison,
    Constant,
    Junction,
    Known,
    Node,
    Not,
    Reading,
    leaves_of,
)
from coachcore.rules.verdicts import Prepared
from coachcore.rules.worlds import Worlds, worlds

__all__ = ["REMARKS", "LintReport", "Remark", "Undecided", "lint"]

MOST_LOOKED_AT: Final = 2**18
"""Worlds of one rule, or of a pair, that are looked at."""


@attrs.frozen
class _Wording:
    severity: str
    message: str
    hint: str


REMARKS: Final[Mapping[str, _Wording]] = {
    "never_applies": _Wording(
        "warning", "its `when` is never true, so that it never applies", "mend the condition, or remove the rule"
    ),
    "always_fails": _Wording("error", "it fails wherever it applies and can be told", "mend what it requires"),
    "never_fails": _Wording("warning", "it can never fail", "mend what it requires, or remove the rule"),
    "duplicate": _Wording("warning", "it says the same as {other}", "keep one of the two"),
    "implied": _Wording("warning", "wherever it fails, {other} fails too", "remove it, or mend either of the two"),
    "contradictory": _Wording(
        "error", "it and {other} never both hold where both apply", "mend one, or when it applies"
    ),
    "constant_part": _Wording("warning", "`{part}` decides nothing", "leave it out, or mend it"),
    "idle_fix": _Wording(
        "advice", "whether it holds does not hang on {part}", "name facts that the rule reads, and that can mend it"
    ),
    "unused_fact": _Wording("warning", "no rule reads {part}", "remove the fact, or write the rule that reads it"),
    "untested": _Wording("advice", "no example expects a verdict of it", "add an [[example]] that does"),
}
"""Every code, with its severity, and its wording in English."""


@attrs.frozen(kw_only=True)
class Remark:
    """Something odd. code: one of REMARKS.

    rule: whose it is; other: the rule it is compared with. on: the schema. key: when, require or fix, where it is about
    one of these. part: the fact, or the part of the expression, as text. path: the place. severity: error, warning or
    advice. is_certain: whether it is so; otherwise comparisons between facts were taken as independent of each other.
    """

    code: str
    on: str
    rule: str | None = None
    other: str | None = None
    key: Literal["when", "require", "fix"] | None = None
    part: str | None = None
    severity: str
    is_certain: bool = True

    @property
    def path(self) -> str:
        if self.rule is None:
            return f"facts.{self.on}.{self.part}"
        return f"rule {self.rule}" + (f", {self.key}" if self.key else "")

    @property
    def message(self) -> str:
        return REMARKS[self.code].message.format(other=self.other, part=self.part)

    @property
    def hint(self) -> str:
        return REMARKS[self.code].hint


@attrs.frozen
class Undecided:
    """A rule, or two, of which the absence of a remark proves nothing.

    why: `too_many` worlds to look at, so that nothing was; or `inexact`, where facts are compared with each other (or
    reckoned with in a way that is not solved), so that worlds were counted that cannot be.
    """

    rules: tuple[str, ...]
    why: Literal["too_many", "inexact"]


@attrs.frozen
class LintReport:
    """What was found, and what could not be looked into."""

    remarks: tuple[Remark, ...]
    undecided: tuple[Undecided, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is worse than advice."""
        return all(each.severity == "advice" for each in self.remarks)


def lint(cases: Iterable[Prepared], *, untested: Iterable[Prepared], unread: Iterable[tuple[str, str]]) -> LintReport:
    """Everything odd about rules, rule by rule; then facts that none reads.

    cases: the rules that are run, in order. untested: those of which an example should speak, and none does. unread: the
    schema and name of facts that no rule reads.
    """
    looked = {each.rule.id: _Looked.at(each) for each in cases}
    found: dict[str, list[Remark]] = {name: list(each.remarks()) for name, each in looked.items()}
    undecided = [Undecided((name,), each.why) for name, each in looked.items() if each.why is not None]
    for on in dict.fromkeys(each.case.rule.on for each in looked.values()):
        for remark_or_not in _pairs([each for each in looked.values() if each.case.rule.on == on]):
            if isinstance(remark_or_not, Undecided):
                undecided.append(remark_or_not)
            else:
                found[str(remark_or_not.rule)].append(remark_or_not)
    for each in untested:
        found[each.rule.id].append(looked[each.rule.id].remark("untested"))
    unused = (
        Remark(code="unused_fact", on=on, part=name, severity=REMARKS["unused_fact"].severity) for on, name in unread
    )
    return LintReport((*(remark for each in found.values() for remark in each), *unused), tuple(undecided))


# --- one rule --------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Looked:
    """A rule, and its worlds where they are not too many. fault: never_applies, always_fails or never_fails."""

    case: Prepared
    worlds: Worlds | None
    fault: Literal["never_applies", "always_fails", "never_fails"] | None

    @classmethod
    def at(cls, case: Prepared) -> "_Looked":
        found = worlds(case.schema, case.whole, most=MOST_LOOKED_AT)
        return cls(case, found, None if found is None else _fault(case, found))

    @property
    def why(self) -> Literal["too_many", "inexact"] | None:
        return "too_many" if self.worlds is None else None if self.worlds.is_exact else "inexact"

    def remarks(self) -> Iterator[Remark]:
        if self.fault is not None:
            yield self.remark(self.fault, key="when" if self.fault == "never_applies" else "require")
        elif self.worlds is not None:
            yield from self.constant_parts(self.worlds)
        for name in self.case.rule.fix:
            if self.fault is None and self.is_idle(name):
                yield self.remark("idle_fix", key="fix", part=name)

    def remark(
        self, code: str, *, key: Literal["when", "require", "fix"] | None = None, part: str | None = None
    ) -> Remark:
        rule = self.case.rule
        return Remark(code=code, on=rule.on, rule=rule.id, key=key, part=part, severity=REMARKS[code].severity)

    def constant_parts(self, found: Worlds) -> Iterator[Remark]:
        """Parts that can be left out: the rule, where it can be told, says the same, and applies to the same facts."""
        when, require = self.case.when, self.case.require
        before = (_applying(found, when), found.of(self.case.whole))

        def is_same(new_when: Node | None, new_require: Node) -> bool:
            after = (_applying(found, new_when), found.of(_whole(new_when, new_require)))
            return all(
                not old & ~new
                for one, other in zip(before, after, strict=True)
                for old, new in zip(one, other, strict=True)
            )

        if when is not None and is_same(None, require):
            yield self.remark("constant_part", key="when", part=_text(when))
            when = None
        while (spare := next((each for each in _without(require) if is_same(when, each[1])), None)) is not None:
            yield self.remark("constant_part", key="require", part=_text(spare[0]))
            require = spare[1]
        while when is not None:
            spare = next((each for each in _without(when) if is_same(each[1], require)), None)
            if spare is None:
                return
            yield self.remark("constant_part", key="when", part=_text(spare[0]))
            when = spare[1]

    def is_idle(self, name: str) -> bool:
        """Whether no change of a fact alone makes the rule hold: whether it holds is the same with a twin in its place."""
        case = self.case
        if name not in case.facts:
            return True
        twin = name + "_"
        while twin in case.schema.facts:
            twin += "_"
        facts = {**case.schema.facts, twin: attrs.evolve(case.schema.facts[name], name=twin)}
        other = _renamed(case.whole, name, twin)
        found = worlds(FactSchema(case.schema.name, facts), case.whole, other, most=MOST_LOOKED_AT)
        return found is not None and found.of(case.whole)[0] & ~found.of(other)[0] == 0


def _fault(case: Prepared, found: Worlds) -> Literal["never_applies", "always_fails", "never_fails"] | None:
    applies = _applying(found, case.when)[0]
    holds, fails = found.of(case.require)
    if not applies:
        return "never_applies"
    if not applies & holds:
        told = reduce(and_, (found.holds[leaf] | found.fails[leaf] for leaf in leaves_of(case.whole)), applies)
        if told and not told & ~fails:
            return "always_fails"
    return "never_fails" if not found.of(case.whole)[1] else None


def _applying(found: Worlds, when: Node | None) -> tuple[int, int]:
    """The worlds in which a rule applies, and those in which it does not."""
    return (found.all, 0) if when is None else found.of(when)


def _whole(when: Node | None, require: Node) -> Node:
    return require if when is None else Junction(False, (require, Not(when)))


def _without(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each part that is joined to others, the last first, and what is left without it."""
    if isinstance(node, Not):
        yield from ((part, Not(left)) for part, left in _without(node.part))
    if isinstance(node, Junction):
        for at in reversed(range(len(node.parts))):
            rest = (*node.parts[:at], *node.parts[at + 1 :])
            yield node.parts[at], rest[0] if len(rest) == 1 else Junction(node.is_and, rest)
        for at, each in enumerate(node.parts):
            for part, left in _without(each):
                yield part, Junction(node.is_and, (*node.parts[:at], left, *node.parts[at + 1 :]))


def _renamed(node: Node, old: str, new: str) -> Node:
    """A tree that reads another fact in place of one."""
    if isinstance(node, Constant):
        return node
    if isinstance(node, Reading):
        return Reading(new, node.kind) if node.fact == old else node
    if isinstance(node, Not | Known):
        return attrs.evolve(node, part=_renamed(node.part, old, new))
    parts: Any = tuple(_renamed(each, old, new) for each in node.parts)
    return attrs.evolve(node, parts=parts)


def _text(node: Node, *, within: bool = False) -> str:
    """A condition as it is written, but for brackets and space."""
    match node:
        case Comparison(text=text) | Known(text=text):
            return text
        case Reading(name):
            return name
        case Not(part):
            return f"not {_text(part, within=True)}"
        case Junction(is_and, parts):
            joined = (" and " if is_and else " or ").join(_text(each, within=True) for each in parts)
            return f"({joined})" if within else joined
        case Constant(value):
            return repr(value)
    raise TypeError(f"{node!r} is no condition")


# --- two rules -------------------------------------------------------------------------------------------------------


def _pairs(looked: list[_Looked]) -> Iterator[Remark | Undecided]:
    """What is odd about two rules on one schema. Most pairs are told apart by a sample of facts; the others are looked at."""
    if not looked:
        return
    schema = looked[0].case.schema
    sample = sampled(schema, [each.case.whole for each in looked])
    settled: set[str] = set()
    told_apart: list[Undecided] = []
    for one, other in combinations(looked, 2):
        first, second = one.case, other.case
        if first.when == second.when and first.require == second.require:
            if second.rule.id not in settled:
                yield _remark("duplicate", other, one)
            settled.add(second.rule.id)
    for one, other in combinations(looked, 2):
        if one.fault or other.fault or not set(one.case.facts) & set(other.case.facts):
            continue
        if settled & {one.case.rule.id, other.case.rule.id} or not _may_be_odd(one.case, other.case, sample):
            continue
        found = worlds(schema, one.case.whole, other.case.whole, most=MOST_LOOKED_AT)
        ids = (one.case.rule.id, other.case.rule.id)
        if found is None:
            if one.worlds is not None and other.worlds is not None:
                told_apart.append(Undecided(ids, "too_many"))
            continue
        remark = _odd(one, other, found)
        if remark is not None:
            if remark.code in ("duplicate", "implied"):
                settled.add(str(remark.rule))
            yield remark
        elif not found.is_exact and one.why is None and other.why is None:
            told_apart.append(Undecided(ids, "inexact"))
    yield from told_apart


def _remark(
    code: str, rule: _Looked, other: _Looked, *, is_certain: bool = True, severity: str | None = None
) -> Remark:
    return Remark(
        code=code,
        on=rule.case.rule.on,
        rule=rule.case.rule.id,
        other=other.case.rule.id,
        severity=severity or REMARKS[code].severity,
        is_certain=is_certain,
    )


def _may_be_odd(one: Prepared, other: Prepared, sample: Worlds) -> bool:
    """Whether facts of the sample leave anything to be said of a pair."""
    one_fails, other_fails = sample.of(one.whole)[1], sample.of(other.whole)[1]
    if not one_fails & ~other_fails or not other_fails & ~one_fails:
        return True
    return not _both(sample, one, other)


def _both(found: Worlds, one: Prepared, other: Prepared) -> int:
    """Where two rules both apply and both hold."""
    return reduce(and_, (_applying(found, each.when)[0] & found.of(each.require)[0] for each in (one, other)))


def _odd(one: _Looked, other: _Looked, found: Worlds) -> Remark | None:
    """What is odd about a pair: the later is a duplicate, one is implied by the other, or they contradict each other."""
    first, second = one.case, other.case
    applies = [_applying(found, each.when) for each in (first, second)]
    wholes = [found.of(each.whole) for each in (first, second)]
    if applies[0] == applies[1] and wholes[0] == wholes[1]:
        return _remark("duplicate", other, one)
    told = reduce(and_, (holds | fails for holds, fails in (found.of(each.require) for each in (first, second))))
    alone = [applies[at][0] & found.of(each.require)[0] for at, each in enumerate((first, second))]
    if applies[0][0] & applies[1][0] & told and all(alone) and not _both(found, first, second):
        return _remark("contradictory", other, one, is_certain=found.is_exact)
    fails = [each[1] for each in wholes]
    for at, (rule, stronger) in enumerate(((other, one), (one, other))):
        if not fails[1 - at] & ~fails[at]:
            weight = [SEVERITIES.index(each.case.rule.severity) for each in (rule, stronger)]
            # the same asked for twice over, once as advice and once, of less, as an error, may well be meant
            return _remark("implied", rule, stronger, severity="advice" if weight[0] < weight[1] else None)
    return None
