"""What a proof leaves behind: enough to check it again without searching for it."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from derive.deciding.domain import Problem


@dataclass(frozen=True)
class Certificate:
    """A proof that the two sides of a problem are equal.

    `kind` names the method, `data` holds what it found (a recurrence, an antiderivative, a differential operator, …),
    `parts` are proofs of the smaller equalities on which it rests. `derive.deciding.replay` checks all of it again.
    """

    kind: str
    problem: Problem
    data: tuple[tuple[str, Any], ...] = ()
    parts: tuple[Certificate, ...] = ()

    def __getitem__(self, name: str) -> Any:
        """One entry of the data."""
        return dict(self.data)[name]

    def __str__(self) -> str:
        said = f"{self.kind}: {self['said']}" if "said" in dict(self.data) else self.kind
        inner = [str(part) for part in self.parts if part.kind not in ("structural", "normal form")]
        return "; ".join([said, *dict.fromkeys(inner)])


def restated(problem: Problem, lhs: Any, rhs: Any = 0) -> Problem:
    """The same domain with other sides; symbols that are new to it come along."""
    lhs, rhs = sp.sympify(lhs), sp.sympify(rhs)
    free = {s for s in lhs.free_symbols | rhs.free_symbols if isinstance(s, sp.Symbol)}
    for condition in problem.conditions:
        free |= {s for s in condition.free_symbols if isinstance(s, sp.Symbol)}
    free |= {s for s, _ in problem.solved} | {s for _, v in problem.solved for s in v.free_symbols}
    bases = {b.label for e in (lhs, rhs) for b in e.atoms(sp.IndexedBase)}
    return replace(problem, lhs=lhs, rhs=rhs, symbols=tuple(sorted(free - bases, key=lambda s: s.name)))
