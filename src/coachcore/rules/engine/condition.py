"""One expression by itself, checked against a schema: for those who need no rule, as duties do."""

from functools import cached_property

import attrs

from coachcore.rules.expr.evaluate import evaluate
from coachcore.rules.expr.nodes import Node, fact_names
from coachcore.rules.expr.parse import Place, parse
from coachcore.rules.expr.schema import Schema

__all__ = ["Condition"]


@attrs.frozen
class Condition:
    """One expression, checked against a schema. facts: the names it reads."""

    text: str
    schema: Schema
    tree: Node

    @classmethod
    def of(cls, text: str, schema: Schema, *, source: str = "condition") -> "Condition":
        """Read and check. Raises NotValid with the column."""
        return cls(text, schema, parse(text, schema, Place(source=source)))

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The names of the facts it reads, in the order they are written."""
        return fact_names(self.tree)

    def evaluate(self, facts: object) -> bool | None:
        """True, False, or None for unknown. facts: an instance of the class, or a mapping; only those that it reads are checked."""
        value: bool | None = evaluate(self.tree, self.schema.read_some(facts, self.facts))
        return value
