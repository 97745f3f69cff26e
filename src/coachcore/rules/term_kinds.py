"""What the terms of a rule are like: what generated Python has to know of them before it is written."""

from collections.abc import Iterator

from coachcore.rules.tree import RECKONED, Arithmetic, Call, Comparison, Constant, Junction, Known, Node, Not, Reading

__all__ = ["chooses", "is_plain", "reckoned_facts"]


def is_plain(node: Comparison) -> bool:
    """Whether a comparison has facts and constants only, and none that may not be comparable after all."""
    return all(
        isinstance(each, Reading | Constant) and (each.kind.item or each.kind).name != "moment" for each in node.parts
    )


def _inner(node: Node) -> tuple[Node, ...]:
    return (node.part,) if isinstance(node, Not | Known) else getattr(node, "parts", ())


def chooses(node: Node, *, is_inner: bool = False) -> bool:
    """Whether a term may have a value where a fact in it has none. is_inner: whether it is a part of another."""
    match node:
        case Junction() | Not() | Known() | Call("min" | "max"):
            return True
        case Comparison() if is_inner:
            return True
    return any(chooses(each, is_inner=True) for each in _inner(node))


def reckoned_facts(node: Node) -> Iterator[str]:
    """The number facts that arithmetic is done with: they must be in range."""
    is_reckoned = isinstance(node, Arithmetic) or (isinstance(node, Call) and node.function in RECKONED)
    for each in _inner(node):
        if is_reckoned:
            yield from _numbers(each)
        yield from reckoned_facts(each)


def _numbers(node: Node) -> Iterator[str]:
    """The number fact that a term is, or that it is one of."""
    if isinstance(node, Reading) and node.kind.is_number:
        yield node.fact
    if isinstance(node, Call) and node.function in ("min", "max"):
        for each in node.parts:
            yield from _numbers(each)
