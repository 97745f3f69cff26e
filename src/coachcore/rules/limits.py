"""Every limit of the rules engine in one frozen value, each with its reason.

Limits bound time and memory: what is beyond one is refused with an error, or answered approximately and marked so. None of them
changes what a rule means; constants of the arithmetic itself (such as the largest result) are in `expr.evaluate`.
"""

from typing import Final

import attrs

__all__ = ["LIMITS", "Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """The limits of the engine. They are fixed: two hosts that read one rule file must get the same answers."""

    # --- numbers and values ------------------------------------------------------------------------------------------
    number_exponent: int = 1_000
    """A decimal beyond 1E+1000 is refused where it would have to become a whole number: the time and the memory of that grow
    with 10**exponent. Every double (up to 1.8E+308) is well within. As a decimal fact it is taken: comparing it is quick."""
    positional_digits: int = 40
    """Decimals with more digits than this before or after the point are written with an exponent: nobody counts zeros."""

    # --- evaluation --------------------------------------------------------------------------------------------------
    compiled_changes: int = 500
    """How many sets of changed facts a rule set keeps compiled for `reevaluate`. 25 facts changed singly need 25; a host that
    changes ever other combinations compiles anew instead of filling its memory."""

    # --- truth tables, reasons and repairs ---------------------------------------------------------------------------
    cases: int = 2**16
    """Cases of a truth table from which reasons are computed: integers of 8 kB, a millisecond. Larger conditions are explained
    along their tree."""
    combined_members: int = 6
    """Members of a set that are tried in every combination, in a truth table or as an edit: 2**6 = 64 sets."""
    set_length: int = 30
    """Lengths of a set that are compared with constants below this are tried one by one, and up to as many members are removed, or
    added, in order."""
    pair_constants: int = 12
    """Constants that two facts which are compared with each other are also compared with: 40 values of each, 20 ms. With more, the
    pair counts as independent of the two facts."""
    breakpoints: int = 1_000
    """Breakpoints of one comparison: `abs` within `abs` doubles them each time. A comparison with more is not solved."""
    cover_steps: int = 2**13
    """Steps of the search for the smallest deciding set: up to 60 ms where a table is at its largest, 2 ms in most. Among ten
    atoms, which have 2**10 subsets, it always ends; among more a set that cannot be reduced may be returned."""
    repairs: int = 24
    """Repairs of a verdict. Nobody reads more, and a form shows a few."""
    repair_evaluations: int = 3_000
    """Evaluations of a rule (10 to 30 ms) after which the search for repairs ends, with those found by then."""
    written_digits: int = 12
    """Digits after the point of values that repairs propose: a number that needs more is not one that a person writes."""
    edits: int = 5
    """Repairs that edit one set in different ways, and ways to choose members of which any would do."""

    # --- columns -----------------------------------------------------------------------------------------------------
    values_compared_singly: int = 4
    """Membership in up to this many values is written as comparisons joined by `or`, in more as a look-up: to build the table
    of a look-up takes polars about as long as four comparisons."""

    # --- lint --------------------------------------------------------------------------------------------------------
    lint_cases: int = 2**18
    """Cases of one rule, or of two, that lint examines: a table of as many is a few integers of 32 kB. A rule of 11 facts that
    each are compared with one constant has 3**11 = 177,147."""
    region_boxes: int = 16
    """Boxes by which rules are looked up among many. Rules that people write have one to five; every box costs a bit in each
    integer of the index. A rule with more is compared with more rules than it needs to be."""
    axis_evaluations: int = 100_000
    """Evaluations (0.1 s) of the atoms of one fact on its points, where they cannot be placed by their breakpoints. Of more
    points some are taken, and rules are compared with more rules than they need to be."""


LIMITS: Final = Limits()
