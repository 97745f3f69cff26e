"""Every error code of the sources, with the classes that carry it, its causes and its fixes.

The codes are read from the calls that make errors, without running them: the message is the cause, the hint is the fix,
and what an f-string inserts is shown as `…`. A variable is looked up where the function assigned it last before the call;
a code that a parameter completes, such as `{kind}.unknown`, in the calls of that function.

`python -m tools.error_codes` prints them all.
"""

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

SOURCE: Final = Path(__file__).parents[1] / "src" / "coachcore"
CODE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.[a-z0-9]+(_[a-z0-9]+)*")
HOLE: Final = "…"
ERROR_CLASSES: Final = (
    "Conflict",
    "Corrupt",
    "NotAllowed",
    "NotDelivered",
    "NotFound",
    "NotValid",
    "Refused",
    "StoreUnavailable",
)
MAKERS: Final[dict[str, tuple[str, tuple[int, int | None, int | None]]]] = {
    **{name: (name, (0, 1, 2)) for name in ERROR_CLASSES},
    "Mismatch": ("NotValid", (0, 1, 2)),
    "Unsupported": ("NotValid", (2, 0, 1)),
    "misnamed": ("NotValid", (0, 1, None)),
    "_refuse": ("NotValid", (0, 1, 2)),
    "_refuse_foreign": ("NotValid", (0, None, None)),
}
"""By the name of what is called: the class of the error, and where its code, message and hint are among the arguments."""
DEFAULT_CODES: Final = {"Unsupported": "column.unsupported"}
CAUSES: Final = {
    "attested_by.unknown": "A duty names a way of attesting that there is not.",
    "column.duplicate": "Two columns of the frame have one name.",
    "column.inexact": "Rules compute this exactly, and columns would round it.",
    "column.invalid": "A column does not have the type of its fact.",
    "column.unsupported": "This part of a rule cannot be computed on columns.",
    "csv.invalid": "The file is not CSV as RFC 4180 describes it.",
    "duties.invalid": "A charter has no duty, or what should be a list of tables is none.",
    "encoding.invalid": "The file is not UTF-8.",
    "event.unreadable": "The stored bytes of an event cannot be read as what was stored.",
    "fact.unknown": "There is no fact of this name.",
    "fact_key.invalid": "A key in the declaration of a fact has a value that it cannot have.",
    "fact_type.unknown": "A fact is declared without a type, or with one that there is not.",
    "field.missing": "A field that is needed is missing.",
    "frame.invalid": "This is not a frame that rules can be judged on.",
    "hook.vetoed": "A handler of the host refuses the event, for the reason that it gives.",
    "json.invalid": "The text is not JSON.",
    "json_number.out_of_range": "A number in JSON has more digits, or a larger exponent, than can be read.",
    "judge.invalid": "This is no judge, or what a judge returned is no judgement of the text.",
    "package.missing": "An optional package is not installed.",
    "party.ambiguous": "Several parties have this role.",
    "period.invalid": "This is not a period of time.",
    "rule.duplicate": "Two rules have one id.",
    "rule.not_allowed": "The expression uses something that is not part of the rule language.",
    "rule.out_of_range": "A number, a date or a moment is out of range.",
    "rule.syntax": "The text cannot be read as an expression.",
    "rule.too_large": "The expression is too long, or too deep.",
    "rule.too_precise": "A number has more digits than can be compared exactly.",
    "rule.type_clash": "Types or units that cannot be compared or computed with each other.",
    "rule_key.invalid": "A key of a rule, an example or a file has a value that it cannot have.",
    "schedule.unknown": "A schedule names no kind, or one that there is not.",
    "store.closed": "The store is closed.",
    "store.locked": "Another connection is writing to the store.",
    "store.invalid": "The file or the database is not a store of coachcore.",
    "store.missing": "There is no store at this path or URL.",
    "store.no_access": "The file of the store, or its tables, may not be read or written.",
    "store_kind.unknown": "There is no store, or no dialect of SQLAlchemy, for this kind of URL.",
    "store_schema.unknown": "The store was written by another release.",
    "store_url.not_allowed": "The driver that the URL names is not of the kind that the practice needs: synchronous or asynchronous.",
    "time.naive": "A time has neither an offset nor a time zone.",
    "toml.invalid": "The text is not TOML.",
    "value.invalid": "A value does not have the type that is needed.",
    "wording.invalid": "The file is no TOML with lists of words.",
}
"""The causes of codes whose messages quote another program, or name the construct at fault."""


@attrs.frozen(kw_only=True)
class ErrorCode:
    """One code: the classes that carry it, why it is raised, and what to do; a text for each way it is worded."""

    code: str
    classes: tuple[str, ...]
    messages: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def cause(self) -> str:
        """Why it is raised."""
        return CAUSES.get(self.code) or self.messages[0]


def error_codes(source: Path = SOURCE) -> list[ErrorCode]:
    """The codes in alphabetical order."""
    ways: dict[str, list[tuple[str, list[str], list[str]]]] = {}
    for path in sorted(source.rglob("*.py")):
        if "testing" not in path.parts:
            for code, *way in _Module(path, source).errors():
                ways.setdefault(code, []).append(tuple(way))  # type: ignore[arg-type]
    return [
        ErrorCode(
            code=code,
            classes=tuple(sorted({name for name, _, _ in ways[code]})),
            messages=tuple(dict.fromkeys(text for _, messages, _ in ways[code] for text in messages)),
            hints=tuple(dict.fromkeys(text for _, _, hints in ways[code] for text in hints if text)),
        )
        for code in sorted(ways)
    ]


class _Module:
    """The syntax of a module, with the function around each node. The calls that complete codes may be in any module."""

    def __init__(self, path: Path, source: Path) -> None:
        self.tree, self.source = ast.parse(path.read_text(encoding="utf-8")), source
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def errors(self) -> Iterator[tuple[str, str, list[str], list[str]]]:
        for node in ast.walk(self.tree):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in MAKERS:
                    kind, places = MAKERS[name]
                    code, message, hint = (self._argument(node, *field) for field in zip(places, FIELDS, strict=True))
                    default = ast.Constant(DEFAULT_CODES.get(name, ""))
                    hint = ast.Constant("did you mean …? one of: …") if name == "misnamed" else hint
                    yield from self._worded(code or default, message, hint, kind)
                case ast.Tuple(elts=[ast.Constant(value=str(code)), message, hint]) if CODE.fullmatch(code):
                    yield code, "StoreUnavailable", self.texts(message), self.texts(hint)

    def _argument(self, call: ast.Call, place: int | None, field: str) -> ast.expr | None:
        if place is not None and place < len(call.args):
            return call.args[place]
        return next((keyword.value for keyword in call.keywords if keyword.arg == field), None)

    def _worded(
        self, code: ast.expr, message: ast.expr | None, hint: ast.expr | None, kind: str
    ) -> Iterator[tuple[str, str, list[str], list[str]]]:
        """The codes of one call; a choice of the code is a choice of the message and the hint by the same condition."""
        if isinstance(code, ast.IfExp):
            test = ast.dump(code.test)
            for branch in ("body", "orelse"):
                chosen_message, chosen_hint = (
                    getattr(text, branch) if isinstance(text, ast.IfExp) and ast.dump(text.test) == test else text
                    for text in (message, hint)
                )
                yield from self._worded(getattr(code, branch), chosen_message, chosen_hint, kind)
            return
        for text, known in self.codes(code):
            if CODE.fullmatch(text):
                yield text, kind, self.texts(message, known), self.texts(hint, known)

    def codes(self, code: ast.expr) -> list[tuple[str, dict[str, str]]]:
        """A code as written, or for each value of the parameter that completes it, with that value by the parameter."""
        function = self._function(code)
        match code:
            case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id=name)), *_]) if function:
                place = [argument.arg for argument in function.args.args].index(name)
                values = self._values(function.name, place)
            case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Attribute() as attribute), *_]):
                name, values = ast.unparse(attribute), self._values(self._class(code), 0)
            case _:
                return [(text, {}) for text in self.texts(code)]
        return [(text, {name: value}) for value in values for text in self.texts(code, {name: value})]

    def _values(self, function: str, place: int) -> list[str]:
        """The constants that all modules pass as one argument of a function."""
        modules = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted(self.source.rglob("*.py")))
        values = []
        for node in itertools.chain.from_iterable(map(ast.walk, modules)):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args) if name == function:
                    match args[place : place + 1]:
                        case [ast.Constant(value=str(value))]:
                            values.append(value)
        return list(dict.fromkeys(values))

    def texts(self, node: ast.expr | None, known: dict[str, str] | None = None) -> list[str]:
        """The texts that an expression can be, `…` for what is not known before it runs. known: values of parameters."""
        known = known or {}
        match node:
            case None:
                return []
            case ast.Constant(value=str(value)):
                return [value]
            case ast.JoinedStr(values=parts):
                return ["".join(_part(part, known) for part in parts)]
            case ast.IfExp(body=body, orelse=orelse):
                return self.texts(body, known) + self.texts(orelse, known)
            case ast.BoolOp(values=values):
                return [text for value in values for text in self.texts(value, known)]
            case ast.BinOp(left=left, right=right):
                return [one + two for one in self.texts(left, known) for two in self.texts(right, known)]
            case ast.Call(func=ast.Name(id="did_you_mean"), args=[_, _, otherwise]):
                return ["did you mean …?", *self.texts(otherwise, known)]
            case ast.Call(func=ast.Name(id="did_you_mean")):
                return ["did you mean …?"]
            case ast.Name(id=name):
                return self._assigned(node, name, known)
        return [HOLE]

    def _assigned(self, use: ast.expr, name: str, known: dict[str, str]) -> list[str]:
        """What a variable was assigned last before it is used, in the function or, as a constant, in the module."""
        function, latest = self._function(use), None
        for node in ast.walk(function or self.tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    pass
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    pass
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                    pairs = {
                        part.id: value
                        for part, value in zip(targets, values, strict=False)
                        if isinstance(part, ast.Name)
                    }
                    if name not in pairs:
                        continue
                    value = pairs[name]
                case _:
                    continue
            if (value.end_lineno or value.lineno) < use.lineno and (latest is None or value.lineno >= latest.lineno):
                latest = value
        if latest is not None:
            return self.texts(latest, known)
        constants = (node for node in self.tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
        for constant in constants if function else ():
            place = constant.targets[0] if isinstance(constant, ast.Assign) else constant.target
            if isinstance(place, ast.Name) and place.id == name:
                return self.texts(constant.value)
        return [HOLE]

    def _function(self, node: ast.AST) -> ast.FunctionDef | None:
        while node in self.parents and not isinstance(node, ast.FunctionDef):
            node = self.parents[node]
        return node if isinstance(node, ast.FunctionDef) else None

    def _class(self, node: ast.AST) -> str:
        while not isinstance(node, ast.ClassDef):
            node = self.parents[node]
        return node.name


def _part(part: ast.expr, known: dict[str, str]) -> str:
    """A part of an f-string."""
    if isinstance(part, ast.FormattedValue):
        return known.get(ast.unparse(part.value), HOLE)
    return str(part.value) if isinstance(part, ast.Constant) else HOLE


FIELDS: Final = ("code", "message", "hint")


def main() -> int:
    """Print every code with its classes, causes and fixes."""
    for entry in error_codes():
        print(
            f"{entry.code}  ({', '.join(entry.classes)})\n    {' | '.join(entry.messages)}\n    {' | '.join(entry.hints)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
