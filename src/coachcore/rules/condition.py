"""One expression by itself, checked against a schema: for those who need no rule, as duties do."""

import attrs

from coachcore.rules.facts import FactSchema
from coachcore.rules.language import Place, parse
from coachcore.rules.python_form import python_of
from coachcore.rules.tree import Node, evaluate, facts_of

__all__ = ["Condition"]


@attrs.frozen
class Condition:
    """One expression, checked against a schema. facts: the names it reads."""

    text: str
    schema: FactSchema
    tree: Node

    @classmethod
    def of(cls, text: str, schema: FactSchema, *, source: str = "condition") -> "Condition":
        """Read and check. Raises NotValid with the column."""
        return cls(text, schema, parse(text, schema, Place(source=source)))

    @property
    def facts(self) -> tuple[str, ...]:
        """The names of the facts it reads, in the order they are written."""
        return facts_of(self.tree)

    def evaluate(self, facts: object) -> bool | None:
        """True, False, or None for unknown."""
        found: bool | None = evaluate(self.tree, self.schema.read(facts))
        return found

    def python(self) -> str:
        """The condition as a Python expression over facts that are all known."""
        return python_of(self.schema, self.tree)
