"""Properties of terms that generated Python depends on."""

from collections.abc import Iterator

from coachcore.rules.expr.evaluate import BOUNDED_FUNCTIONS
from coachcore.rules.expr.nodes import And, Arithmetic, Call, Comparison, Constant, FactRef, IsKnown, Node, Not, Or

__all__ = ["bounded_facts", "is_plain", "may_ignore_unknowns"]


def is_plain(node: Comparison) -> bool:
    """Whether a comparison has facts and constants only, and none that may not be comparable after all."""
    return all(
        isinstance(term, FactRef | Constant) and (term.type.item or term.type).name != "moment"
        for term in node.operands
    )


def _inner(node: Node) -> tuple[Node, ...]:
    return (node.operand,) if isinstance(node, Not | IsKnown) else getattr(node, "operands", ())


def may_ignore_unknowns(node: Node, *, is_inner: bool = False) -> bool:
    """Whether a term may have a value where a fact in it has none. is_inner: whether it is a part of another."""
    match node:
        case And() | Or() | Not() | IsKnown() | Call("min" | "max"):
            return True
        case Comparison() if is_inner:
            return True
    return any(may_ignore_unknowns(part, is_inner=True) for part in _inner(node))


def bounded_facts(node: Node) -> Iterator[str]:
    """The number facts that arithmetic is done with: outside its range the result is unknown."""
    is_computed = isinstance(node, Arithmetic) or (isinstance(node, Call) and node.function in BOUNDED_FUNCTIONS)
    for part in _inner(node):
        if is_computed:
            yield from _numbers(part)
        yield from bounded_facts(part)


def _numbers(node: Node) -> Iterator[str]:
    """The number fact that a term is, or that it is one of."""
    if isinstance(node, FactRef) and node.type.is_number:
        yield node.fact
    if isinstance(node, Call) and node.function in ("min", "max"):
        for operand in node.operands:
            yield from _numbers(operand)
