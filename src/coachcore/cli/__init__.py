"""The command line: `coachcore COMMAND`, with the commands that `coachcore.cli.parser` declares.

Every command prints for people, and with `--json` for programs. What goes wrong is said on standard error with a hint
(with `--json` as an object on standard output), and the exit code says of which kind it was; see `EXIT_CODES`.
"""

import argparse
import ast
import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from typing import Any, Final

from coachcore import errors
from coachcore.cli.parser import build_parser
from coachcore.errors import CoachcoreError, NotFound, NotValid
from coachcore.escaping import EscapedStream

__all__ = ["EXIT_CODES", "main"]

EXIT_CODES: dict[int, str] = {
    0: "success",
    1: "another error; of `verify`: there are problems; of `rules` and `charter`: an example fails, or lint reports more "
    "than info; of `keys rotate`: a key was left as it was",
    2: "the command line is not valid",
    **{
        error.exit_code: (error.__doc__ or "").split("\n")[0]
        for error in (
            errors.Refused,
            NotValid,
            NotFound,
            errors.Conflict,
            errors.StoreUnavailable,
            errors.Corrupt,
            errors.NotDelivered,
        )
    },
    130: "interrupted",
}
"""What the exit codes mean."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Without a command it prints the help."""
    for stream in (sys.stdout, sys.stderr):  # what no terminal can show is no reason to print less, or a traceback
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # whatever a command prints, argparse too: stored text, names of files, messages about them
    with redirect_stdout(EscapedStream(sys.stdout)), redirect_stderr(EscapedStream(sys.stderr)):
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = build_parser().parse_args(arguments)
    except SystemExit as stop:  # argparse has printed why
        return int(stop.code or 0)
    if options.run is None:
        options.parser.print_help()
        return 0
    module, function = options.run.split(":")
    try:
        code: int = getattr(import_module(f"coachcore.cli.{module}"), function)(options)
        sys.stdout.flush()
    except CoachcoreError as error:
        return _failed(error, options)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _failed(error: CoachcoreError, options: argparse.Namespace) -> int:
    shown = _with_options(error.as_dict())
    shown["data"]["problems"] = problems = [_with_options(problem) for problem in error.data.get("problems") or ()]
    if not problems:
        del shown["data"]["problems"]
    if options.json:
        from coachcore.cli.printing import print_json

        print_json({"error": shown})
        return error.exit_code
    print(f"coachcore: {_problem_text(shown)}", file=sys.stderr)
    for problem in problems[1:]:
        print(f"  also: {_problem_text(problem)}", file=sys.stderr)
    return error.exit_code


def _problem_text(problem: Mapping[str, Any]) -> str:
    """A problem as people read it, after its place in a file, or else the path of the argument."""
    place = problem.get("place") or problem.get("path")
    place = f"--{_option(place)}" if place in ARGUMENTS else place
    hint = f"\n  hint: {problem['hint']}" if problem["hint"] else ""
    return (f"{place}: " if place else "") + f"{problem['message']} [{problem['code']}]{hint}"


ARGUMENTS: Final = (
    "dates",
    "columns",
    "speakers",
    "delimiter",
    "encoding",
    "zone",
    "engagement_id",
    "as_of",
    "known_at",
    "since",
    "until",
    "role",
    "length",
    "on",
)
"""The arguments of the library for which the command line has an option."""
ARGUMENT: Final = re.compile(rf"\b({'|'.join(ARGUMENTS)})=('[^']*'|\"[^\"]*\"|\{{[^{{}}]*\}})")
"""Such an argument as hints write it."""
OPTION_NAMES: Final = {"columns": "map", "engagement_id": "engagement"}
"""Options whose name is not that of the argument."""


def _with_options(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem with a hint that names options, `--dates dmy`, instead of the library's arguments, `dates='dmy'`."""
    return {**problem, "hint": ARGUMENT.sub(_as_option, problem["hint"])}


def _as_option(argument: re.Match[str]) -> str:
    try:
        value = ast.literal_eval(argument[2])
    except (ValueError, SyntaxError):  # shortened, or with quotes inside
        return argument[0]
    text = ",".join(f"{key}={item}" for key, item in value.items()) if isinstance(value, dict) else value
    quoted = text if re.fullmatch(r"[\w=,.:-]+", text) else f'"{text}"'
    return f"--{_option(argument[1])} {quoted}"


def _option(argument: str) -> str:
    return OPTION_NAMES.get(argument, argument).replace("_", "-")


if __name__ == "__main__":
    sys.exit(main())
