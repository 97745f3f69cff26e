"""A scope of a store's transaction, as an object that ends with its `with` block whatever interrupts it.

A counter of open scopes stays wrong for ever where an interrupt comes between the end of a block and the step that counts down. A
weak set of these objects does not: the last reference to one is in the block's own frame.
"""

__all__ = ["Scope"]


class Scope:
    """An open scope."""
