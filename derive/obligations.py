"""Definitions and assumptions: that they neither clash nor go in a circle, have a model, and meet their obligations."""

from __future__ import annotations

from derive.algebra.rules import Rule, head, unify
from derive.annotation import Entry
from derive.comparison import compare, worlds
from derive.errors import EncodingError
from derive.examination import Examination
from derive.expression import Expr, Index, Symbol, walk
from derive.judgement import Judgement
from derive.latex.writer import write
from derive.methods import exact, property
from derive.methods.goal import Goal
from derive.model import NotRealisable
from derive.notation import Scope
from derive.paper import Equation, Paper
from derive.premises import Premises
from derive.statement import Line, Reading


class Obligations:
    """What follows from introducing something: that it is well defined, and what the paper says that it is or does."""

    def __init__(self, paper: Paper, reading: Reading, premises: Premises, examination: Examination) -> None:
        self.paper = paper
        self.reading = reading
        self.premises = premises
        self.examination = examination

    def defines(self, line: Line, left: Expr) -> list[str]:
        if head(left) is None:
            raise EncodingError(
                f"({line.equation.number}) defines nothing: its left side is no symbol, entry, density or moment",
                self.reading.where(line.equation),
            )
        name = left.name if isinstance(left, Symbol) else None
        said = f"defines ${write(left, line.scope)}$"
        if name is not None:
            declared = line.scope.symbols.get(name)
            parts = {key for key, d in line.scope.symbols.items() if d.part_of is not None and d.part_of[1] == name}
            inside = {node.name for node in walk(line.right) if isinstance(node, Symbol)}
            if name in inside:
                raise EncodingError(f"({line.equation.number}) defines {name} through itself", self.paper.file)
            definitions = self.premises.defined_symbols(line)
            for node in walk(line.right):
                if isinstance(node, Symbol) and property.reaches(node, name, line.scope, definitions):
                    raise EncodingError(
                        f"({line.equation.number}) defines {name} through {node.name}, which is defined through {name}",
                        self.paper.file,
                    )
            if parts & inside:
                names = ", ".join(f"${part}$" for part in sorted(parts & inside))
                said = f"defines {names} as parts of ${name}$"
            elif declared is not None and declared.meaning:
                said += f", the {declared.meaning}"
        for other in self.paper.lines:
            entry = other.annotation.one("by")
            if other.number == line.equation.number or entry is None or entry.value != "definition":
                continue
            first = self.reading.line(other.number).chain.first if other.scope == line.equation.scope else None
            if first is not None and (unify(first, left, {}) or unify(left, first, {})):
                raise EncodingError(
                    f"({line.equation.number}) and ({other.number}) both define the same thing", self.paper.file
                )
        return [said, "not circular, and no other definition of its scope clashes with it"]

    def model_of(self, line: Line, left: Expr) -> str:
        """An exact model in which an assumption holds together with the rest of its scope."""
        rules = (
            *self.premises.root_rules(line.equation),
            *self.premises.rules_of_root(line.equation.number),
        )
        for world in worlds(line.scope, rules, seeds=3):
            if any(size < 2 for name, size in world.sizes.items() if not line.scope.ranges[name].vector):
                continue
            try:
                found = compare(world, left, line.last(True), line.chain.apart)
            except NotRealisable:
                continue
            if found and not any(f.differ for f in found):
                values = ", ".join(f"${k} = {v}$" for k, v in list(world.values().items())[:8])
                return f"a model of it and of what else its scope assumes: {values}, …"
        return ""

    def judge(self, line: Line, entry: Entry, *, printed: bool = False, corrected_self: bool = False) -> Judgement:
        """Judges what a definition is said to be or do; the line itself counts as printed unless corrected."""
        equation = line.equation
        found = property.parse(entry.value)
        rules: list[Rule] = []
        for name in self.reading.premises(equation):
            if name != equation.number:
                if not printed and self.premises.is_left_refuted(name, equation):
                    said = f"({name}), which it rests on, is refuted, and no correction of it is shown"
                    return Judgement("open", "property", notes=[said])
                rules += self.premises.rules_of(name, not printed, equation)[0]
        own_left = self.reading.left(equation, corrected=True)
        if head(own_left) is not None:
            rules.append(Rule(own_left, line.last(corrected_self), equation.number))
        if found is None:
            chain = self.reading.formula_chain(entry.value, equation, entry)
            assert chain.first is not None
            answer = exact.prove(Goal(chain.first, chain.links[-1][1], line.scope, tuple(rules)))
            if answer.shown:
                return Judgement("proved", answer.method, answer.used)
            return self.examination.not_shown(line, chain.first, chain.links[-1][1], answer)
        return self.property(line, entry, found, tuple(rules))

    def property(self, line: Line, entry: Entry, found: property.Property, rules: tuple[Rule, ...]) -> Judgement:
        equation, scope = line.equation, line.scope
        if found.kind == "free of":
            assert found.about is not None
            about = self.reading.expression(found.about, equation, entry)
            names = frozenset(self.name(part, equation, entry) for part in found.of)
            answer = property.free_of(about, names, scope, rules)
            known = (*rules, *self.premises.root_rules(equation))
            if answer.shown and property.free_of(about, names, scope, known).shown:
                return Judgement("proved", answer.method, answer.used)
            witness = property.varies_with(about, names, scope, known)
            return Judgement("refuted" if witness else "open", answer.method, answer.used, witness=witness)
        if found.kind == "symmetric":
            assert found.about is not None
            about = self.reading.expression(found.about, equation, entry)
            first, second = (self.index(letter, scope) for letter in found.of)
            answer = property.symmetric(about, first, second, scope, rules)
            return Judgement("proved" if answer.shown else "open", "property: symmetric", answer.used)
        if found.kind == "positive":
            assert found.about is not None
            about = self.reading.expression(found.about, equation, entry)
            answer = property.positive(about, scope, rules)
            return Judgement("proved" if answer.shown else "open", answer.method, answer.used)
        return self.density_property(line, entry, found, self.premises.definitions(equation))

    def density_property(
        self, line: Line, entry: Entry, found: property.Property, roots: tuple[Rule, ...]
    ) -> Judgement:
        equation, scope = line.equation, line.scope
        variable = self.name(found.of[0], equation, entry)
        method = "property: density"
        right = line.right
        known = self.premises.root_rules(equation)
        plain = property.density(right, variable, scope, roots, frozenset(), known)
        if plain.shown:
            return Judgement("proved", method, notes=[plain.why])
        if not plain.dependent:
            return Judgement("open", method, notes=[plain.why])
        matrix = Symbol(plain.dependent[0], (), scope.symbols[plain.dependent[0]].own_type)
        witness = property.not_positive_definite(matrix, scope, known)
        frozen: set[str] = set()
        hypotheses: list[str] = []
        for need in equation.annotation.all("needs"):
            wanted = property.parse(need.value)
            if wanted is not None and wanted.kind == "free of" and wanted.about is not None:
                frozen.add(self.name(wanted.about, equation, need))
                hypotheses.append(f"${wanted.about}$ does not depend on ${wanted.of[0]}$")
        with_needs = property.density(right, variable, scope, roots, frozenset(frozen), known)
        notes = [f"as printed, {plain.why.replace(plain.dependent[0], f'${plain.dependent[0]}$')}"]
        if with_needs.shown and hypotheses and witness is not None:
            return Judgement("conditional", method, witness=witness, hypotheses=tuple(hypotheses), notes=notes)
        return Judgement("refuted" if witness else "open", method, witness=witness, notes=notes)

    def name(self, text: str, equation: Equation, entry: Entry) -> str:
        expr = self.reading.expression(text, equation, entry)
        for node in walk(expr):
            if isinstance(node, Symbol):
                return node.name
        raise EncodingError(f"{entry.key}: {text} is no symbol", self.reading.where(equation, entry))

    @staticmethod
    def index(letter: str, scope: Scope) -> Index:
        found = scope.range_of_letter(letter)
        if found is None:
            raise EncodingError(f"{letter} is no index letter of the scope {scope.name}", "so")
        return Index(letter, found.name)


def told(value: str) -> str:
    found = property.parse(value)
    if found is None:
        return f"${value}$"
    if found.kind == "density":
        return f"a density in ${found.of[0]}$"
    if found.kind == "free of":
        return f"${found.about}$ is free of {' and '.join(f'${part}$' for part in found.of)}"
    if found.kind == "symmetric":
        return f"${found.about}$ is symmetric in ${found.of[0]}$ and ${found.of[1]}$"
    return f"${found.about}$ is positive"
