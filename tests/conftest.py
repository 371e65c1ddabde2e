"""A small scope with one symbol of each kind, and short ways to read, prove and verify in it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest

from derive.algebra.indexed import Poly
from derive.algebra.lowering import Lowering
from derive.algebra.rules import Rule, head
from derive.annotation import Annotation
from derive.domains import NotRealisable
from derive.expression import Expr
from derive.latex.chain import Chain
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write
from derive.methods import exact, order
from derive.methods.goal import Answer, Equality, Goal
from derive.model import World
from derive.mutants.trial import Trials
from derive.notation import Scope, load_notation
from derive.paper import Equation, Paper, load_paper
from derive.run import Options, run, select_all
from derive.store import opened
from derive.verdict import Result
from derive.verify import Verifier

NOTATION = r"""
[scope.bench]
[scope.bench.small]
s = "powers of the coupling"

[scope.bench.ranges]
site = { size = "N", indices = "i j k l" }
space = { size = "D", indices = "d", vector = true }

[scope.bench.symbols]
'a' = {}
'b' = {}
'c' = { domain = "positive" }
'g' = { domain = "positive", weight = { s = 1 } }
'h' = { weight = { s = 1 } }
'f' = {}
't' = {}
'z' = { slots = "site" }
'x' = { slots = "site" }
'y' = { slots = "site" }
'w' = { slots = "site", domain = "positive" }
'e' = { slots = "site", domain = "nonzero" }
'u' = { slots = "site", law = 'Q' }
'r' = { slots = "site space" }
'v' = { slots = "site space" }
'\mathbf{K}' = { kind = "matrix", slots = "site site", properties = "symmetric, positive definite" }
'\mathbf{K}_{0}' = { kind = "matrix", slots = "site site", part = 'diagonal of \mathbf{K}' }
'\mathbf{K}_{1}' = { kind = "matrix", slots = "site site", part = 'off-diagonal of \mathbf{K}', weight = { s = 1 } }
'\mathbf{A}' = { kind = "matrix", slots = "site site", properties = "invertible" }
'\mathbf{B}' = { kind = "matrix", slots = "site site", properties = "invertible", weight = { s = 1 } }
'\mathbf{C}' = { kind = "matrix", slots = "site site", properties = "invertible" }
'\mathbf{I}' = { kind = "matrix", slots = "site site", properties = "identity" }
'Q' = { kind = "density" }
'\mathcal{G}' = { kind = "gaussian" }
'\mathbb{E}' = { kind = "expectation", law = 'Q' }
'\text{Var}' = { kind = "variance", law = 'Q' }
'\text{Cov}' = { kind = "covariance", law = 'Q' }
"""


@dataclass(frozen=True)
class Bench:
    """Reads, proves and evaluates in one scope."""

    scope: Scope
    folder: Path

    def chain(self, line: str) -> Chain:
        return read_chain(tokens(line), self.scope)

    def expr(self, text: str) -> Expr:
        return read_expression(tokens(text), self.scope)

    def write(self, expr: Expr) -> str:
        return write(expr, self.scope)

    def poly(self, text: str) -> Poly:
        """The normal form of an expression."""
        zero = self.expr("0")
        return exact.subtract(self.expr(text), zero, Lowering(self.scope))

    def goal(self, line: str, *premises: str) -> Goal:
        """The claim of a line; each premise is a rule where it can be one, and an equation otherwise."""
        chain = self.chain(line)
        assert chain.first is not None
        rules: list[Rule] = []
        equalities: list[Equality] = []
        for number, premise in enumerate(premises):
            read = self.chain(premise)
            assert read.first is not None
            if head(read.first) is not None:
                rules.append(Rule(read.first, read.links[-1][1], f"premise {number + 1}"))
            else:
                equalities.append(Equality(read.first, read.links[-1][1], f"premise {number + 1}"))
        return Goal(chain.first, chain.links[-1][1], self.scope, tuple(rules), tuple(equalities))

    def proves(self, line: str, *premises: str) -> Answer:
        return exact.prove(self.goal(line, *premises))

    def proves_to_order(self, line: str, upto: int, *premises: str) -> tuple[Answer, order.Remainder | None]:
        return order.prove(self.goal(line, *premises), upto, "s")

    def world(self, size: int, seed: int = 0) -> World:
        """An exact instance with N = size and D = 2."""
        return World(self.scope, (), {"site": size, "space": 2}, seed, {"s": Fraction(1)})

    def agrees(self, line: str, sizes: tuple[int, ...] = (1, 2, 3), seeds: int = 2) -> bool:
        """Whether the two sides of a line agree in models, for all values of its free indices."""
        from derive.comparison import compare

        goal = self.goal(line)
        found = []
        for size in sizes:
            for seed in range(seeds):
                try:
                    found += compare(self.world(size, seed), goal.left, goal.right)
                except NotRealisable:
                    continue
        assert found, f"no model of {line}"
        return not any(comparison.differ for comparison in found)

    def paper(self, tex: str, notation: str = NOTATION) -> Paper:
        """A paper with this text, in the scope of the bench."""
        folder = self.folder / f"paper-{abs(hash((tex, notation)))}"
        folder.mkdir(exist_ok=True)
        (folder / "paper.tex").write_text("% scope: bench\n\n" + textwrap.dedent(tex), encoding="utf-8")
        (folder / "notation.toml").write_text(notation, encoding="utf-8")
        return load_paper(folder)

    def judged(
        self, notation: str, formula: str, *premises: str, by: str = "exact", kind: str = "assumption"
    ) -> Result:
        """The result of a line with other lines as its premises, each of which is an assumption or of another kind."""
        lines = [f"% by: {kind}\n\\begin{{equation}} {premise} \\end{{equation}}\n" for premise in premises]
        named = f"% from: {', '.join(str(n + 1) for n in range(len(premises)))}\n" if premises else ""
        lines.append(f"{named}% by: {by}\n\\begin{{equation}} {formula} \\end{{equation}}\n")
        return Verifier(self.paper("".join(lines), notation)).result(str(len(lines)))

    def verify(self, tex: str) -> dict[str, Result]:
        """The results of all lines of a paper, by number."""
        return {result.number: result for result in Verifier(self.paper(tex)).results()}


@dataclass(frozen=True)
class Section:
    """The lines of one section of a shipped paper, to be changed and verified again."""

    paper: Paper
    numbers: tuple[str, ...]

    def with_line(self, number: str, **changes: object) -> Paper:
        """The paper with one line changed: its print (``latex``) or its annotation (``entries``)."""

        def changed(equation: Equation) -> Equation:
            if equation.number != number:
                return equation
            entries = changes.get("entries")
            if entries is not None:
                assert isinstance(entries, tuple)
                old = set(equation.annotation.entries) - set(entries)
                reads = tuple(entry for entry in equation.reads if entry not in old)
                equation = replace(equation, annotation=Annotation(entries, equation.line), reads=reads)
            return replace(equation, latex=str(changes.get("latex", equation.latex)))

        return replace(self.paper, equations=tuple(changed(equation) for equation in self.paper.equations))


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("bench")
    (folder / "notation.toml").write_text(NOTATION, encoding="utf-8")
    return Bench(load_notation(folder / "notation.toml").scopes["bench"], folder)


@pytest.fixture(scope="session")
def shipped_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the verdicts of all shipped papers: they are decided once for all tests, with the command."""
    folder = tmp_path_factory.getbasetemp()
    file = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "shipped.sqlite"
    command = [sys.executable, "-m", "derive", "verify", "--json"]
    with file.with_suffix(".lock").open("w") as lock:
        with suppress(ImportError):
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)  # another worker of the tests may be at it: it will all be in the store
        done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "DERIVE_STORE": str(file)})
    assert done.returncode in (0, 1), done.stderr
    assert not done.stderr
    return file


@pytest.fixture(scope="session")
def shipped(shipped_store: Path) -> dict[str, dict[str, Result]]:
    """The results of all lines of all shipped papers."""
    with opened(shipped_store) as store:
        papers = run(select_all([]), store, Options())
    return {paper["id"]: {line["number"]: Result.from_json(line) for line in paper["equations"]} for paper in papers}


@pytest.fixture(scope="session")
def section() -> Section:
    """Section 2.3 of the July paper: (22) to (70), of which (61) does not exist; its claims are left out."""
    paper = load_paper("inference-2024-07")
    paper = replace(paper, equations=paper.lines)
    return Section(paper, tuple(str(n) for n in range(22, 71) if n != 61))


@pytest.fixture(scope="session")
def verified(section: Section, shipped: dict[str, dict[str, Result]]) -> dict[str, Result]:
    """The results of that section as it ships."""
    return {number: shipped["inference-2024-07"][number] for number in section.numbers}


@pytest.fixture(scope="session")
def trials(shipped: dict[str, dict[str, Result]]) -> Trials:
    """The adversary of the July paper."""
    return Trials(load_paper("inference-2024-07"), shipped["inference-2024-07"])
