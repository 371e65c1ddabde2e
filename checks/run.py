"""Which checks a paper's lines take part in: the ``[[check]]`` tables of its notation, and how to run them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from checks.check import Check, Kernel
from checks.hamiltonian_motion import hamiltonian_motion
from checks.kinetic_term import kinetic_order
from derive.compile import kernel_input
from derive.errors import EncodingError
from derive.kernels import lambdify
from derive.paper import Paper
from derive.verify import Verifier

SYSTEMS = ("charged clusters",)


def tables(paper: Paper) -> list[dict[str, Any]]:
    """The checks that a paper's notation declares: the line, the physical system, and the names of the arguments."""
    path = Path(paper.folder) / "notation.toml"
    if not path.is_file():
        return []
    found = tomllib.loads(path.read_text(encoding="utf-8")).get("check", [])
    for table in found:
        if table.get("system") not in SYSTEMS:
            raise EncodingError(f"unknown system {table.get('system')!r}; systems: {', '.join(SYSTEMS)}", path.name)
    return found


def run_checks(paper: Paper, numbers: Iterable[str]) -> list[Check]:
    """Runs the checks of these lines, for the print and for the correction, which they must tell apart."""
    wanted = set(numbers)
    outcomes: list[Check] = []
    verifier = Verifier(paper)
    for table in tables(paper):
        if table["number"] not in wanted:
            continue
        result = verifier.result(table["number"])
        kernels = {"as printed": _kernel(verifier, table, "as printed")}
        if result.correction is not None:
            kernels["corrected"] = _kernel(verifier, table, "corrected")
        right = kernels.get("corrected", kernels["as printed"])
        name = f"{paper.id}:{table['number']}"
        outcomes += hamiltonian_motion(right, statement=name)
        outcomes.append(kinetic_order(right, 2, statement=name))
        if "corrected" in kernels:
            outcomes.append(kinetic_order(kernels["as printed"], 1, statement=f"{name} as printed"))
    return outcomes


def _kernel(verifier: Verifier, table: dict[str, Any], which: str) -> Kernel:
    """The kernel of a line with the argument names that the check uses."""
    compiled = lambdify(kernel_input(verifier, table["number"], which))
    names: dict[str, str] = table.get("arguments", {})

    def kernel(**values: Any) -> Any:
        return compiled(**{names.get(name, name): value for name, value in values.items()})

    return kernel
