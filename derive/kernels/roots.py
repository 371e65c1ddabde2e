"""Square roots by multiplications, where a processor divides slowly and multiplies in wide vectors.

A root takes the divider of a processor for longer than twenty multiplications take. So innermost loops compute it from
an estimate of 1/√x by three steps of iteration, which is right to the last place but one, as the bound on rounding
allows. The loop sums the squares of what the iteration was still off before its last step. Where that is not tiny (of
0, infinities, negative numbers and those too small for the estimate it is not) the loop runs again with the roots of
the compiler, so that its values are those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.kernels.loops import Function, Node, nodes
from derive.kernels.nests import For, Step

if TYPE_CHECKING:
    from derive.kernels.nest_code import NestCode

BLOCK = 512
"""How many points are computed before it is seen whether their roots are right."""
FEW = "1e-17"
"""What the sum of squares must be below: then the last step, which squares what was off, leaves nothing."""


def has_fast_roots(step: For, code: NestCode) -> bool:
    """Whether the roots in a loop may be computed so: it can be run again, and runs in vectors."""
    if not code.iterates or step.loop.small or step.loop.limits:
        return False
    again = not step.outermost or (not step.gathers and not step.loop.excluded)
    if not again or not step.innermost or len(step.loop.excluded) > 1:
        return False
    found = [node for one in step.steps for node in _nodes(one)]
    return any(is_root(node) for node in found) and code.vectorises(found)


def summed_with_roots(steps: tuple[Step, ...], code: NestCode) -> Iterator[str]:
    """The ranges of the loops that sum and whose roots are computed so."""
    for step in steps:
        if isinstance(step, For):
            yield from summed_with_roots(step.steps, code)
            if has_fast_roots(step, code) and step.gathers:
                yield step.loop.range


def is_root(node: object) -> bool:
    return isinstance(node, Function) and node.name == "sqrt"


def _nodes(step: object) -> Iterator[Node]:
    value = getattr(step, "value", None)
    return nodes(value) if value is not None else iter(())


def with_fast_roots(step: For, code: NestCode) -> Iterator[str]:
    """The lines of a loop, and of the same loop to be run where a root failed."""
    first, last = "0", code.sizes[step.loop.range]
    if step.outermost:
        first, last = (code.names.fresh(f"{step.loop.name}_{kind}") for kind in ("first", "last"))
    off = code.names.fresh("off")
    body = [code.begun(off)]
    for code.off in (off, ""):
        lines = [f"{name} = {code.starts[operation]}{code.end}" for name, operation in step.gathers if not code.off]
        lines += code.part(step, first, last) if step.outermost else code.loop(step)
        body += lines if code.off else code.where_failed(off, lines)
    yield from code.blocks(step, first, last, body) if step.outermost else body


__all__ = ["BLOCK", "FEW", "has_fast_roots", "is_root", "summed_with_roots", "with_fast_roots"]
