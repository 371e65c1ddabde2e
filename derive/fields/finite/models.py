"""Cross-examination of lines on fields: whether a claim follows from its premises in exact finite models.

The models share nothing with the normal forms of proofs but the tree. They have few neurons or sites, exact numbers for
matrices, and an atom for each value of a field at a site and a time, or for each of its derivatives at a point. Then
premises are equations between atoms, which are solved; the claim follows in a model if its sides are equal in the
solution. A coordinate means the same with its index above and below: signs are in the print, or in the metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from derive.domains import NotRealisable
from derive.expression import Expr
from derive.fields.finite.lines import Premise, kind_of, printed_times
from derive.fields.finite.question import Finding, Question
from derive.fields.finite.sizes import Sizes, configurations
from derive.fields.finite.worlds import World
from derive.fields.nodes import LineIntegral
from derive.notation import Scope

FUNCTIONS = ("unknown", "drawn", "straight")
"""What functions that no premise defines are, where something is integrated along paths: unknown, with what the paths
ask
for; polynomials drawn so that paths do not matter; polynomials drawn as they come, along straight paths from zero."""


def examine(
    claim: tuple[Expr, Expr],
    premises: Sequence[Premise],
    scope: Scope,
    *,
    seeds: int = 2,
    models: int | None = None,
    functions: Sequence[str] = FUNCTIONS,
) -> Iterator[Finding]:
    """What exact finite models say of a claim, model by model, the smallest first.

    ``seeds`` models are drawn of each size, ``models`` at most in all. A claim that follows agrees in all of them.
    Raises NotRealisable, with the reason, where there is no model at all.
    """
    asked = Premise(*claim, source="", scope=scope)
    lines = [asked, *premises]
    _one_kind(lines)
    trees = [(side, line.scope) for line in lines for side in line.sides]
    has_paths = any(isinstance(node, LineIntegral) for line in lines for node in line.nodes())
    problem: NotRealisable | None = None
    count = 0
    for sizes in configurations(trees):
        for seed in range(seeds):
            for kind in functions if has_paths else functions[:1]:
                if models is not None and count >= models:
                    return
                try:
                    yield _found(asked, premises, sizes, seed, kind)
                    count += 1
                except NotRealisable as error:
                    problem = problem or error
    if not count:
        raise problem or NotRealisable("there is no model of these sizes")


def _one_kind(lines: Sequence[Premise]) -> None:
    """Raises NotRealisable where some lines are about a lattice and others about points of a continuum."""
    kinds: dict[str, str] = {}
    for line in lines:
        if kind := kind_of(line):
            kinds.setdefault(kind, line.source or "the claim")
    if len(kinds) > 1:
        said = ", ".join(f"{source} of a {kind}" for kind, source in kinds.items())
        raise NotRealisable(f"a lattice and a continuum are mixed: {said}")


def _found(claim: Premise, premises: Sequence[Premise], sizes: Sizes, seed: int, functions: str) -> Finding:
    """What one draw says; with complex matrices where there are no real ones that meet the premises."""
    low, high = printed_times([claim, *premises])
    problem: NotRealisable | None = None
    for is_complex in (False, True):
        random = Random(f"{seed} {sizes.number} {sizes.dimension} {sizes.sides} {functions}")
        try:
            world = World(
                claim,
                premises,
                sizes,
                random,
                complex_entries=is_complex,
                functions=functions,
                times=(low - 1, high + 1),
            )
        except NotRealisable as error:
            problem = problem or error
        else:
            return Question(world, claim, premises).answer()
    assert problem is not None
    raise problem


__all__ = ["Finding", "Premise", "examine"]
