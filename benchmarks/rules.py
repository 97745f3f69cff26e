"""Rules: 30 rules of a lender over 25 facts, against the same by hand in Python, other rule engines, and polars by hand.

Contestants take turns in short rounds, and a ratio is the median over rounds. Rules are compiled outside of the clock; ours
and the hand's are given an object, peers a dict, and bring it into the form they like best (JSON, a CEL context) on the
clock, once a subject, for all rules. Every verdict is checked to be the same. `ratio_to_best_peer` is to the fastest peer that
judges rule by rule; `ratio_to_best_peer_any_way` also counts all rules in one list expression, and subjects brought into
form outside of the clock. `frame_ratio_to_best_peer_any_way` has that of ours as well: the same subjects in a frame.
"""

import ast
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from itertools import cycle, islice
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import attrs

from benchmarks.figures import median_ratio, show
from benchmarks.rule_cases import (
    BY_HAND,
    CEL,
    RULES,
    SCHEMA,
    UNKNOWN_BY_HAND,
    WORDS,
    Loan,
    as_json_logic,
    comparisons,
    in_polars,
    loans,
)
from coachcore.rules import Outcome, Rule, RuleSet, Schema, Verdict

SUBJECTS, ROUNDS, PEER_ROUNDS = 10_000, 11, 3
ROWS, ROWS_ROUNDS, FEWER_ROWS = 1_000_000, 7, 100_000
SEED = 20_260_501
FACTS = tuple(SCHEMA.facts)
AS_LIST, READY = ", all in one list", ", subjects in its form"
RIVALS = ("rule-engine", "common-expression-language", "zen-engine")
"""The peers that `ratio_to_best_peer` is about."""
TARGETS = {
    "ratio_to_handwritten": "1.0 or more",
    "ratio_to_best_peer": "10 or more",
    "ratio_to_best_peer_any_way": "3.0 or more",
    "mapping_ratio_to_instance": "2.0 or less",
    "mapping_ratio_to_zen": "1.5 or more",
    "mapping_incremental_speedup": "4 or more",
    "lint_growth": "6 or less",
    "columns_ratio_to_polars": "0.90 or more",
    "incremental_speedup": "5 or more",
    "load_ms": "50 or less",
    "explain_ms": "1 or less",
}
OUTCOMES = {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.UNKNOWN}


def ruleset(names: Iterable[str]) -> RuleSet:
    return RuleSet.of([Rule(id=name, on="loan", require=RULES[name]) for name in names], schemas={"loan": SCHEMA})


def seconds(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin


def same(engine: str, ours: Sequence[Any], theirs: Sequence[Any], names: Sequence[str], subject: object) -> None:
    for name, our_outcome, their_outcome in zip(names, ours, theirs, strict=True):
        assert our_outcome == their_outcome, f"{name}: ours says {our_outcome}, {engine} {their_outcome}, of {subject}"


# The peers: each compiles the rules and readies the subjects; the slower ones judge fewer.


@attrs.frozen
class Peer:
    """One way of one peer. judge: the verdicts of all rules on a subject made ready."""

    name: str
    judge: Callable[[Any], Sequence[Any]]
    subjects: Sequence[Any]

    def run(self) -> None:
        for subject in self.subjects:
            self.judge(subject)


def rule_engine(name: str, trees: Sequence[ast.AST], subjects: Sequence[dict[str, Any]]) -> list[Peer]:
    module = import_module("rule_engine")
    texts = [WORDS.written(each) for each in trees]
    matches = [module.Rule(each).matches for each in texts]
    whole = module.Rule(f"[{', '.join(texts)}]").evaluate
    few = subjects[:1000]
    return [Peer(name, lambda s: [each(s) for each in matches], few), Peer(name + AS_LIST, whole, few)]


def zen_engine(name: str, trees: Sequence[ast.AST], subjects: Sequence[dict[str, Any]]) -> list[Peer]:
    zen = import_module("zen")
    texts = [WORDS.written(each) for each in trees]
    evaluate = [zen.compile_expression(each).evaluate for each in texts]
    whole = zen.compile_expression(f"[{', '.join(texts)}]").evaluate

    def judge(subject: dict[str, Any]) -> list[Any]:
        ready = json.dumps(subject)
        return [each(ready) for each in evaluate]

    ready = [json.dumps(each) for each in subjects]
    return [
        Peer(name, judge, subjects[:2000]),
        Peer(name + READY, lambda s: [each(s) for each in evaluate], ready[:2000]),
        Peer(name + AS_LIST, lambda s: whole(json.dumps(s)), subjects),
        Peer(name + AS_LIST + READY, whole, ready),
    ]


def cel_rust(name: str, trees: Sequence[ast.AST], subjects: Sequence[dict[str, Any]]) -> list[Peer]:
    cel = import_module("cel")
    texts = [CEL.written(each) for each in trees]
    execute = [cel.compile(each).execute for each in texts]
    whole = cel.compile(f"[{', '.join(texts)}]").execute

    def judge(subject: dict[str, Any]) -> list[Any]:
        ready = cel.Context(subject)
        return [each(ready) for each in execute]

    ready = [cel.Context(each) for each in subjects]
    return [
        Peer(name, judge, subjects),
        Peer(name + READY, lambda s: [each(s) for each in execute], ready),
        Peer(name + AS_LIST, lambda s: whole(cel.Context(s)), subjects),
        Peer(name + AS_LIST + READY, whole, ready),
    ]


def cel_python(name: str, trees: Sequence[ast.AST], subjects: Sequence[dict[str, Any]]) -> list[Peer]:
    celpy = import_module("celpy")
    language = celpy.Environment(runner_class=celpy.CompiledRunner)
    evaluate = [language.program(language.compile(CEL.written(each))).evaluate for each in trees]
    ready = [{fact: celpy.json_to_cel(given) for fact, given in each.items()} for each in subjects[:200]]
    return [Peer(name, lambda s: [bool(each(s)) for each in evaluate], ready)]


def json_logic(name: str, trees: Sequence[ast.AST], subjects: Sequence[dict[str, Any]]) -> list[Peer]:
    apply = import_module("json_logic").jsonLogic
    rules = [as_json_logic(each) for each in trees]
    return [Peer(name, lambda s: [apply(each, s) for each in rules], subjects[:500])]


PEERS: Mapping[str, Callable[[str, Sequence[ast.AST], Sequence[dict[str, Any]]], list[Peer]]] = {
    "rule-engine": rule_engine,
    "zen-engine": zen_engine,
    "common-expression-language": cel_rust,
    "json-logic": json_logic,
    "cel-python": cel_python,
}


def ready_peers(subjects: Sequence[Loan], names: Iterable[str] = ()) -> tuple[list[Peer], list[str]]:
    """Every way of the peers that are installed, and the names of those that are not. names: of the peers; all without."""
    dicts = [attrs.asdict(each) for each in subjects]
    trees = [ast.parse(each, mode="eval").body for each in RULES.values()]
    ways: list[Peer] = []
    absent = []
    for name in names or PEERS:
        try:
            ways += PEERS[name](name, trees, dicts)
        except ModuleNotFoundError:
            absent.append(name)
    return ways, absent


# Ours and the hand's, each in a plain loop, so that neither pays for a call the other does not make.


def run_ours(rules: RuleSet, subjects: Sequence[Any]) -> None:
    for subject in subjects:
        rules.outcomes(subject, on="loan")


def run_verdicts(rules: RuleSet, subjects: Sequence[Loan]) -> None:
    for subject in subjects:
        rules.evaluate(subject, on="loan")


def run_hand(functions: Sequence[Callable[[Any], Any]], subjects: Sequence[Loan]) -> None:
    for subject in subjects:
        _ = [each(subject) for each in functions]


def judged(rules: RuleSet) -> dict[str, Any]:
    """Whole applications: ours against the hand, against peers, and with verdicts that say why."""
    subjects = loans(SUBJECTS, SEED)
    names, evaluations = list(RULES), SUBJECTS * len(RULES)
    all_outcomes = [rules.outcomes(each, on="loan") for each in subjects]
    for subject, ours in zip(subjects, all_outcomes, strict=True):
        same("the hand", ours, [OUTCOMES[bool(each(subject))] for each in BY_HAND], names, subject)
        assert set(ours) <= {Outcome.HOLDS, Outcome.FAILS}

    ways, absent = ready_peers(subjects)
    for way in ways:
        for ours, ready, subject in zip(all_outcomes, way.subjects, subjects, strict=False):
            same(way.name, ours, [OUTCOMES[each] for each in way.judge(ready)], names, subject)

    ours_s, hand_s = [], []
    for _ in range(ROUNDS):
        ours_s.append(seconds(lambda: run_ours(rules, subjects)))
        hand_s.append(seconds(lambda: run_hand(BY_HAND, subjects)))
    few = subjects[: SUBJECTS // 5]
    to_verdicts = []
    for _ in range(PEER_ROUNDS):
        with_reasons = seconds(lambda: run_verdicts(rules, few))
        to_verdicts.append(seconds(lambda: run_hand(BY_HAND, few)) / with_reasons)
    rates: dict[str, list[float]] = {each.name: [] for each in ways}
    rivals = [each for each in rates if each.startswith(RIVALS)]
    to_best, to_best_any_way, frame_to_best = [], [], []
    over_frame = in_a_frame(rules, subjects, all_outcomes)
    frame_rates = []
    for _ in range(PEER_ROUNDS):
        for way in ways:
            rates[way.name].append(len(way.subjects) * len(RULES) / seconds(way.run))
        ours_rate = evaluations / seconds(lambda: run_ours(rules, subjects))
        if rivals:
            to_best.append(ours_rate / max(rates[each][-1] for each in RIVALS if each in rates))
            to_best_any_way.append(ours_rate / max(rates[each][-1] for each in rivals))
        if over_frame:
            frame_rates.append(evaluations / median(seconds(over_frame) for _ in range(5)))
            if rivals:
                frame_to_best.append(frame_rates[-1] / max(rates[each][-1] for each in rivals))
    return {
        "ratio_to_handwritten": median_ratio(hand_s, ours_s),
        "ratio_to_best_peer": round(median(to_best), 3) if rivals else None,
        "ratio_to_best_peer_any_way": round(median(to_best_any_way), 3) if rivals else None,
        "frame_ratio_to_best_peer_any_way": round(median(frame_to_best), 3) if frame_to_best else None,
        "frame_evaluations_per_s": round(median(frame_rates)) if frame_rates else None,
        "verdicts_ratio_to_handwritten": round(median(to_verdicts), 3),
        "evaluations_per_s": round(evaluations / median(ours_s)),
        "handwritten_per_s": round(evaluations / median(hand_s)),
        "peers": {name: round(median(taken)) for name, taken in rates.items()} | dict.fromkeys(absent),
    }


def in_a_frame(
    rules: RuleSet, subjects: Sequence[Loan], all_outcomes: Sequence[Sequence[Outcome]]
) -> Callable[[], object] | None:
    """The same subjects judged as a frame of polars; None where that is not installed."""
    try:
        pl = import_module("polars")
    except ModuleNotFoundError:
        return None
    frame = pl.DataFrame([attrs.asdict(each) for each in subjects]).lazy()

    def judge() -> Any:
        return rules.columns(frame, on="loan").collect()

    for ours, row in zip(all_outcomes, judge().select(list(RULES)).iter_rows(), strict=True):
        same("a frame", ours, [OUTCOMES[each] for each in row], list(RULES), row)
    return judge


def partly_known() -> dict[str, Any]:
    """A fifth of the facts unknown: the rules that are written three-valued by hand."""
    rules, functions = ruleset(UNKNOWN_BY_HAND), list(UNKNOWN_BY_HAND.values())
    subjects = loans(SUBJECTS, SEED + 1, unknown=0.2)
    for subject in subjects:
        hand = [OUTCOMES[each(subject)] for each in functions]
        same("the hand", rules.outcomes(subject, on="loan"), hand, list(UNKNOWN_BY_HAND), subject)
    ratios = []
    for _ in range(ROUNDS):
        ours = seconds(lambda: run_ours(rules, subjects))
        ratios.append(seconds(lambda: run_hand(functions, subjects)) / ours)
    return {"unknown_ratio_to_handwritten": round(median(ratios), 3)}


# Columns.


def table(pl: Any, rows: int) -> Any:
    """A frame of applications: columns drawn one by one, a few of them with nulls."""
    whole, gaps = (pl.DataFrame([attrs.asdict(each) for each in loans(5_000, SEED + 2, unknown=share)]) for share in (0.0, 0.1))  # fmt: skip
    with_nulls = {"amount", "age", "credit_score", "is_bankrupt", "purpose"}
    drawn = (
        (gaps if name in with_nulls else whole)[name].sample(rows, with_replacement=True, seed=number)
        for number, name in enumerate(FACTS)
    )
    return pl.DataFrame(list(drawn))


def columns(rules: RuleSet) -> dict[str, Any]:
    """Frames: ours against polars by hand; and the time that frames of other libraries take."""
    try:
        pl = import_module("polars")
    except ModuleNotFoundError:
        return {"columns_ratio_to_polars": None}
    frame, by_hand = table(pl, ROWS), in_polars(pl)
    assert list(by_hand) == list(RULES)

    def ours(frame: Any) -> Any:
        return rules.columns(frame, on="loan")

    mine, theirs = (each.collect() for each in (ours(frame.lazy()), frame.lazy().with_columns(**by_hand)))
    for name in RULES:
        assert mine[name].dtype == pl.Boolean, f"{name}: ours is {mine[name].dtype}"
        assert mine[name].equals(theirs[name], null_equal=True), f"{name}: ours and polars by hand differ"
    del mine, theirs
    ratios: list[tuple[float, float]] = []
    for _ in range(ROWS_ROUNDS):
        mine_s = seconds(lambda: ours(frame.lazy()).collect())
        ratios.append((mine_s, seconds(lambda: frame.lazy().with_columns(**by_hand).collect())))
    result: dict[str, Any] = {
        "columns_ratio_to_polars": round(median(hand / ours for ours, hand in ratios), 3),
        "columns_ms": round(1000 * median(ours for ours, _ in ratios), 1),
        "polars_by_hand_ms": round(1000 * median(hand for _, hand in ratios), 1),
    }
    return result | {f"{name}_ms": each for name, each in other_frames(pl, frame.head(FEWER_ROWS), ours).items()}


def other_frames(pl: Any, frame: Any, ours: Callable[[Any], Any]) -> dict[str, float | None]:
    """Milliseconds for the same rows in frames of other libraries; None where one is not installed."""
    wanted = ours(frame.lazy()).collect().select(list(RULES))

    def arrow() -> tuple[Callable[[], Any], Callable[[Any], Any]]:
        import_module("pyarrow")
        converted = frame.to_arrow()
        return lambda: ours(converted), pl.from_arrow

    def pandas() -> tuple[Callable[[], Any], Callable[[Any], Any]]:
        import_module("pandas")
        converted = frame.to_pandas(use_pyarrow_extension_array=True)
        return lambda: ours(converted), lambda got: pl.from_pandas(got[list(RULES)])

    def duckdb() -> tuple[Callable[[], Any], Callable[[Any], Any]]:
        relation = import_module("duckdb").from_arrow(frame.to_arrow())
        return lambda: ours(relation).fetchnumpy(), lambda got: pl.DataFrame(
            {name: pl.Series(got[name].tolist(), dtype=pl.Boolean) for name in RULES}
        )

    milliseconds: dict[str, float | None] = {}
    for make in (arrow, pandas, duckdb):
        try:
            work, back = make()
        except ModuleNotFoundError:
            milliseconds[make.__name__] = None
            continue
        assert back(work()).select(list(RULES)).equals(wanted), f"{make.__name__}: verdicts differ from those in polars"
        milliseconds[make.__name__] = round(1000 * median(seconds(work) for _ in range(3)), 1)
    return milliseconds


# One fact changed, loading, explaining.


def explained_verdicts(verdicts: Sequence[Verdict]) -> list[tuple[object, ...]]:
    return [(each.rule_id, each.outcome, each.applies, each.reasons, each.missing_facts) for each in verdicts]


def changed_one_by_one(rules: RuleSet, form: Callable[[Loan], Any]) -> float:
    """Each fact in turn is changed to that of another application: how many times faster `reevaluate` is than all anew."""
    subjects, others = loans(40, SEED + 3, unknown=0.05), loans(200, SEED + 4)
    random, before = Random(SEED), [rules.evaluate(form(each), on="loan") for each in subjects]
    changes = []
    for name in FACTS:
        for subject, verdicts in zip(subjects, before, strict=True):
            news = random.choice([each for each in others if getattr(each, name) != getattr(subject, name)])
            changes.append((verdicts, form(attrs.evolve(subject, **{name: getattr(news, name)})), (name,)))
    for verdicts, subject, names in changes:
        again = explained_verdicts(rules.reevaluate(verdicts, subject, on="loan", changed=names))
        whole = explained_verdicts(rules.evaluate(subject, on="loan"))
        same("a whole evaluation", again, whole, list(RULES), subject)

    def evaluate_all() -> None:
        for _, subject, _ in changes:
            rules.evaluate(subject, on="loan")

    def reevaluate_all() -> None:
        for verdicts, subject, names in changes:
            rules.reevaluate(verdicts, subject, on="loan", changed=names)

    return round(median(seconds(evaluate_all) / seconds(reevaluate_all) for _ in range(ROUNDS)), 2)


def mapped(rules: RuleSet) -> dict[str, Any]:
    """Mappings, as a host has them that declares its facts in a rule file: against instances, and against zen-engine.

    zen-engine judges all rules in one list, the quickest of its ways, and needs its subjects as JSON: both start from the same
    dicts, and each converts them on the clock as it needs to.
    """
    subjects = loans(SUBJECTS, SEED)
    mappings = [attrs.asdict(each) for each in subjects]
    instance_s, mapping_s, zen_s = [], [], []
    ways = [each for each in ready_peers(subjects, ["zen-engine"])[0] if each.name == "zen-engine" + AS_LIST]
    for subject, mapping in zip(subjects, mappings, strict=True):
        ours = rules.outcomes(mapping, on="loan")
        same("of an instance", ours, rules.outcomes(subject, on="loan"), list(RULES), subject)
        for way in ways:
            same(way.name, ours, [OUTCOMES[each] for each in way.judge(mapping)], list(RULES), subject)
    for _ in range(ROUNDS):
        instance_s.append(seconds(lambda: run_ours(rules, subjects)))
        mapping_s.append(seconds(lambda: run_ours(rules, mappings)))
        zen_s += [seconds(way.run) for way in ways]
    to_zen = [theirs / ours for ours, theirs in zip(mapping_s, zen_s, strict=False)]
    return {
        "mapping_ratio_to_instance": round(median(b / a for a, b in zip(instance_s, mapping_s, strict=True)), 2),
        "mapping_ratio_to_zen": round(median(to_zen), 2) if to_zen else None,
    }


def dense_rules(count: int) -> tuple[RuleSet, set[tuple[str, str]]]:
    """Rules that each read three of eight shared facts, and the diagnostics they must get: every hundredth repeats another."""
    random, names = Random(SEED), [f"n{number}" for number in range(8)]
    texts, planted = [], set()
    for number in range(count):
        first, second, third = random.sample(names, 3)
        low, width = random.randrange(900), random.randrange(20, 90)
        texts.append(
            f"{low} <= {first} <= {low + width} or ({second} > {random.randrange(1000)} and {third} != {random.randrange(1000)})"
        )
        if number % 100 == 99:
            texts[-1] = f"not not ({texts[-50]})"
            planted.add(("duplicate", f"r{number}"))
    schema = Schema.from_rows("dense", {name: {"type": "int"} for name in names})
    rules = [Rule(id=f"r{number}", on="dense", require=text) for number, text in enumerate(texts)]
    return RuleSet.of(rules, schemas={"dense": schema}), planted


def linted() -> dict[str, Any]:
    """How lint's time grows with dense rules: four times as many rules have sixteen times as many pairs."""
    times_by_count = {}
    for count, rounds in ((500, 3), (2000, 1)):
        rules, planted = dense_rules(count)
        times = []
        for _ in range(rounds):
            begin = perf_counter()
            report = rules.lint()
            times.append(perf_counter() - begin)
            assert {(each.code, str(each.rule)) for each in report.diagnostics} == planted, f"lint of {count} is wrong"
        times_by_count[count] = median(times)
    return {
        "lint_growth": round(times_by_count[2000] / times_by_count[500], 2),
        "lint_2000_s": round(times_by_count[2000], 2),
    }


def loaded() -> dict[str, Any]:
    """A TOML file read, checked, compiled and used once. Each round writes it a little otherwise, so nothing is kept."""
    subject, load_times = loans(1, SEED)[0], []
    for number in range(ROUNDS):
        space = " " * (number + 1)
        text = "\n".join(
            f'[[rule]]\nid = "{name}"\non = "loan"\nrequire = "{condition.replace(" and ", f"{space}and ")}"\n'
            for name, condition in RULES.items()
        )

        def load(text: str = text) -> None:
            RuleSet.from_toml(text, schemas={"loan": SCHEMA}).outcomes(subject, on="loan")

        load_times.append(seconds(load))
    return {"load_ms": round(1000 * median(load_times), 2)}


def explained(rules: RuleSet) -> dict[str, Any]:
    """The median of explaining one verdict, over as many that hold, fail and are unknown."""
    verdicts = [each for loan in loans(100, SEED + 5, unknown=0.1) for each in rules.evaluate(loan, on="loan")]
    kinds = {wanted: [each for each in verdicts if each.outcome is wanted] for wanted in Outcome}
    assert all(kinds.values()), "some outcome is missing"
    mixed = [each for kind in kinds.values() for each in islice(cycle(kind), 200)]
    return {"explain_ms": round(1000 * median(seconds(each.explain) for each in mixed), 4)}


def main(arguments: Sequence[str]) -> int:
    counts = [comparisons(each) for each in RULES.values()]
    assert (len(RULES), len(FACTS), min(counts), max(counts)) == (30, 25, 2, 6)
    assert [each.__name__ for each in BY_HAND] == list(RULES)
    rules = ruleset(RULES)
    result = judged(rules) | partly_known() | mapped(rules) | columns(rules) | loaded() | explained(rules) | linted()
    result["incremental_speedup"] = changed_one_by_one(rules, lambda subject: subject)
    result["mapping_incremental_speedup"] = changed_one_by_one(rules, attrs.asdict)

    def row(label: str, key: str, form: str = ".2f") -> tuple[str, str, str]:
        figure = "not installed: make bench" if result.get(key) is None else format(result[key], form)
        return label, figure, f"target {TARGETS[key]}" if key in TARGETS else ""

    peers = [
        (f"{name}, evaluations a second", "not installed: make bench" if rate is None else f"{rate:,}", "")
        for name, rate in result["peers"].items()
    ]
    rows = [
        row("outcomes, evaluations a second", "evaluations_per_s", ","),
        row("the same by hand in Python", "handwritten_per_s", ","),
        row("ratio to it", "ratio_to_handwritten"),
        row("verdicts that say why, ratio to it", "verdicts_ratio_to_handwritten"),
        row("a fifth of the facts unknown, ratio to the same by hand", "unknown_ratio_to_handwritten"),
        *peers,
        row("ratio to the best peer", "ratio_to_best_peer"),
        row("ratio to the best peer in any way", "ratio_to_best_peer_any_way"),
        row("ours in a frame, evaluations a second", "frame_evaluations_per_s", ","),
        row("ratio of that to the best peer in any way", "frame_ratio_to_best_peer_any_way"),
        row(f"columns of {ROWS:,} rows, ms", "columns_ms", ".0f"),
        row("the same by hand in polars, ms", "polars_by_hand_ms", ".0f"),
        row("ratio to it", "columns_ratio_to_polars"),
        *(row(f"{FEWER_ROWS:,} rows of {each}, ms", f"{each}_ms", ".0f") for each in ("arrow", "pandas", "duckdb")),
        row("mappings, time against instances", "mapping_ratio_to_instance"),
        row("mappings, times faster than zen-engine's list", "mapping_ratio_to_zen"),
        row("one fact changed: reevaluate, times faster than all anew", "incremental_speedup", ".1f"),
        row("one fact of a mapping changed: the same", "mapping_incremental_speedup", ".1f"),
        row("30 rules loaded from TOML and used once, ms", "load_ms", ".1f"),
        row("one verdict explained, ms", "explain_ms", ".3f"),
        row("lint of 2,000 dense rules, s", "lint_2000_s", ".1f"),
        row("the same, times that of 500", "lint_growth", ".1f"),
    ]
    return show(f"Rules: {len(RULES)} over {len(FACTS)} facts", rows, result, arguments)
