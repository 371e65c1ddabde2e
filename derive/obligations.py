"""Definitions and assumptions: that they neither clash nor go in a circle, have a model, and meet their obligations."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain

from derive.algebra.rules import Rule, head, solved, unify
from derive.annotation import Entry
from derive.comparison import compare, worlds
from derive.domains import NotRealisable, OutsideDomain
from derive.errors import EncodingError
from derive.examination import Examination
from derive.expression import Applied, Dagger, Density, Expr, Index, Ket, Number, Partial, Symbol, walk
from derive.finite.families import Kinds
from derive.hypotheses import read_hypotheses
from derive.instance import Instance
from derive.judgement import By, Judgement, idle_among, left_refuted, shown, witness_of
from derive.latex.writer import write
from derive.methods import exact, property
from derive.methods.goal import Equality, Goal
from derive.model import World
from derive.notation import Scope, normal_key
from derive.paper import Equation, Paper
from derive.premises import Premises, as_rule
from derive.statement import Line, Reading

ONE = Number(Fraction(1))
GIBBS = "by Gibbs' inequality it is not negative, and zero only where the two agree"


class Obligations:
    """What follows from introducing something: that it is well defined, and what the paper says that it is or does."""

    def __init__(self, paper: Paper, reading: Reading, premises: Premises, examination: Examination) -> None:
        self.paper = paper
        self.reading = reading
        self.premises = premises
        self.examination = examination

    def shows(self, line: Line) -> list[str]:
        """What a line without a relation, or with an arrow, introduces."""
        if not line.is_display and line.relation == "∼":
            return ["says which law something follows"]
        if not line.is_display:
            return ["says what is put for what, or encoded in what; it claims no equality"]
        assert line.chain.first is not None
        laws = [node for node in walk(line.chain.first) if isinstance(node, Density)]
        if not laws:
            return ["shows something and claims nothing of it"]
        return [f"introduces the law ${write(law, line.scope)}$" for law in laws]

    def defines(self, line: Line, left: Expr) -> list[str]:
        if head(left) is None and line.relation == "≡" and head(line.right) is not None:
            return [f"defines ${write(line.right, line.scope)}$"]
        if head(left) is None:
            raise EncodingError(
                f"({line.equation.number}) defines nothing: its left side is no symbol, entry, density or moment",
                self.reading.where(line.equation),
            )
        if isinstance(left, Ket) and any(node == left for node in walk(line.right)):
            raise EncodingError(f"({line.equation.number}) defines {left.of.name} through itself", self.paper.file)
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

    def never_as_declared(self, line: Line, left: Expr) -> str:
        """Why what a line defines is in no model what the notation declares it to be; empty if it is in one.

        A model in which it has no value for another reason says nothing.
        """
        name = left.name if isinstance(left, Symbol | Applied) else None
        declared = line.scope.symbols.get(name or "")
        if declared is None or (declared.domain == "real" and not declared.properties):
            return ""
        why = ""
        rules = (*self.premises.rules_of_root(line.equation.number), *self.premises.root_rules(line.equation))
        for world in worlds(line.scope, rules, seeds=8, sides=(left,)):
            if self.is_small(world, line):
                continue
            try:
                if compare(world, left, left):
                    return ""
            except OutsideDomain as problem:
                why = why or str(problem)
            except NotRealisable:
                continue
        return why and f"there is no model of it: {why}"

    def check_correction(self, line: Line) -> None:
        """Raises EncodingError where the correction of a definition defines something through itself."""
        left = line.first(True)
        if isinstance(left, Symbol) and any(node == left for node in walk(line.last(True))):
            said = f"the correction of ({line.equation.number}) defines {left.name} through itself"
            raise EncodingError(said, self.reading.where(line.equation, line.equation.annotation.one("corrected")))

    def further(self, line: Line, by: By) -> Judgement | None:
        """Raises EncodingError where a definition or an assumption goes on behind its first relation."""
        if len(line.chain.links) > 1:
            said = f"by: a {by.method} has one relation; give the further ones a line of their own"
            raise EncodingError(said, self.reading.where(line.equation, line.equation.annotation.one("by")))
        return None

    def model_of(self, line: Line, left: Expr) -> str:
        """An exact model in which an assumption holds together with the rest of its scope."""
        rules = (
            *self.premises.root_rules(line.equation),
            *self.premises.rules_of_root(line.equation.number),
        )
        general = worlds(line.scope, rules, seeds=3)
        kinds: Kinds = (None,) if left.type.kind in ("matrix", "operator") else ()
        special = worlds(line.scope, rules, seeds=1, families=kinds)
        for world in chain(general, special):
            if self.is_small(world, line):
                continue
            try:
                found = compare(world, left, line.last(True), line.chain.apart)
            except NotRealisable:
                continue
            if found and not any(f.differ for f in found):
                values = ", ".join(f"${k} = {v}$" for k, v in list(world.values().items())[:8])
                return f"a model of it and of what else its scope assumes: {values}, …"
        return ""

    @staticmethod
    def is_small(world: World | Instance, line: Line) -> bool:
        """Whether a range has no two different indices in a world: what is said of one alone is easily true."""
        small = (size < 2 for name, size in world.sizes.items() if not line.scope.ranges[name].vector)
        return isinstance(world, World) and any(small)

    def not_needed(self, line: Line, *, corrected_self: bool = False) -> list[str]:
        """The premises that the obligations of a line, all of them shown, do without; none where that is not known."""
        entries = line.equation.annotation.all("so")
        kinds = [property.parse(entry.value) for entry in entries]
        if not entries or any(kind is not None and kind.kind == "density" for kind in kinds):
            return []
        names = [name for name in self.reading.premises(line.equation) if name != line.equation.number]
        return idle_among(
            names,
            lambda name: all(
                shown(self.judge(line, entry, corrected_self=corrected_self, without=name).verdict) for entry in entries
            ),
        )

    def judge(
        self,
        line: Line,
        entry: Entry,
        *,
        printed: bool = False,
        corrected_self: bool = False,
        without: str | None = None,
    ) -> Judgement:
        """Judges what a definition is said to be or do; the line itself counts as printed unless corrected.

        No model is asked for where the premise that it is judged ``without`` is named.
        """
        equation = line.equation
        found = property.parse(entry.value)
        rules: list[Rule] = []
        equalities: list[Equality] = []
        for name in self.reading.premises(equation):
            if name in (equation.number, without):
                continue
            if not printed and self.premises.is_left_refuted(name, equation):
                return Judgement("open", "property", notes=[left_refuted(name)])
            more_rules, more_equalities = self.premises.rules_of(name, not printed, equation)
            rules += more_rules
            equalities += more_equalities
        own: Rule | None = None
        if line.is_display and found is not None and found.kind == "density":
            said = f"so: a line without a relation has no right side that could be {told(entry.value)}"
            raise EncodingError(said, self.reading.where(equation, entry))
        if not line.is_display:
            own_left = line.first(corrected_self) or self.reading.left(equation, corrected=True)
            own = as_rule(own_left, line.last(corrected_self), line, equation.number)
            if own is None and corrected_self:
                own = solved(own_left, line.last(True), equation.number, line.chain.apart)
            if own is not None:
                rules.append(own)
            else:
                equalities.append(Equality(own_left, line.last(corrected_self), equation.number))
        scope = line.scope

        def equal(left: Expr, right: Expr) -> Judgement:
            derived = any(isinstance(node, Partial) for side in (left, right) for node in walk(side))
            definitions = self.premises.root_rules(equation) if derived else ()
            goal = Goal(left, right, scope, tuple(rules), tuple(equalities), definitions)
            return self.equation(line, goal, own, printed=printed or without is not None)

        if found is None:
            chain = self.reading.formula_chain(entry.value, equation, entry)
            assert chain.first is not None
            return equal(chain.first, chain.links[-1][1])
        if found.kind in ("Hermitian", "divergence"):
            assert found.about is not None
            about = self.reading.expression(found.about, equation, entry)
            if found.kind == "Hermitian":
                return equal(Dagger(about), about)
            model, truth = (self.reading.expression(text, equation, entry) for text in found.of)
            try:
                meant = property.divergence(model, truth, scope)
            except ValueError as problem:
                raise EncodingError(f"so: {problem}", self.reading.where(equation, entry)) from problem
            judgement = equal(about, meant)
            if judgement.verdict == "proved":
                judgement.notes.append(GIBBS)
            return judgement
        if found.kind == "density" and (variable := self.binary(found, equation, entry)) is not None:
            self.check_density_of(variable, own, equation, entry)
            formula = line.right if own is None or own.right == line.last(corrected_self) else own.right
            goal = Goal(
                property.total(formula, (variable,), scope), ONE, scope, tuple(rules), tuple(equalities),
                self.premises.root_rules(equation), line.chain.apart,
            )  # fmt: skip
            judgement = self.equation(line, goal, own, printed=printed)
            if shown(judgement.verdict) and not property.is_nonnegative(formula, scope, variable):
                return Judgement("open", judgement.method, notes=["that it is nowhere negative was not shown"])
            return judgement
        return self.property(line, entry, found, tuple(rules))

    def equation(self, line: Line, goal: Goal, rule: Rule | None, *, printed: bool) -> Judgement:
        """An obligation that is an equation, with the hypotheses that the line needs where it fails without them.

        ``rule`` is what the line itself defines. No model is asked for of premises as
        ``printed``, which may be wrong.
        """
        own = () if rule is None else (rule,)
        answer = exact.prove(goal)
        if answer.shown and printed:
            return Judgement("proved", answer.method, answer.used)
        if answer.shown:
            model = self.examination.cross_examine(line, goal, own)
            return Judgement("proved", answer.method, answer.used, notes=[model]) if isinstance(model, str) else model
        if line.equation.annotation.all("needs"):
            needed = read_hypotheses(self.reading, line, goal)
            with_needs = exact.prove(needed.added_to(goal))
            if not with_needs.shown:
                return self.examination.fails_under(line, needed.added_to(goal), (*own, *needed.for_models))
            found = self.examination.difference(line, goal.left, goal.right, own=own)
            if found is not None:
                under = self.examination.cross_examine(line, needed.added_to(goal), (*own, *needed.for_models))
                if isinstance(under, Judgement):
                    return under
                return Judgement(
                    "conditional", with_needs.method, with_needs.used, witness=witness_of(found),
                    hypotheses=needed.words, notes=[f"under the hypothesis it {under}"],
                )  # fmt: skip
        return self.examination.not_shown(line, goal.left, goal.right, answer, own)

    def binary(self, found: property.Property, equation: Equation, entry: Entry) -> Symbol | None:
        """The binary variable that something is a density in, or None."""
        variable = self.reading.expression(found.of[0], equation, entry)
        declared = self.reading.scope(equation).symbols.get(variable.name) if isinstance(variable, Symbol) else None
        return variable if isinstance(variable, Symbol) and declared and declared.domain == "binary" else None

    def check_density_of(self, variable: Symbol, own: Rule | None, equation: Equation, entry: Entry) -> None:
        """Raises EncodingError where a line is said to be a density in what the thing that it defines is not of."""
        left = None if own is None else own.left
        if not isinstance(left, Density | Symbol | Applied):
            return
        is_other = left.of != (variable,) or variable in left.given if isinstance(left, Density) else False
        if is_other or variable not in walk(left):
            scope = self.reading.scope(equation)
            said = f"so: ${write(left, scope)}$ is no density of {write(variable, scope)} alone"
            raise EncodingError(said, self.reading.where(equation, entry))

    def property(self, line: Line, entry: Entry, found: property.Property, rules: tuple[Rule, ...]) -> Judgement:
        equation, scope = line.equation, line.scope
        if found.kind == "free of":
            assert found.about is not None
            about = self.reading.expression(found.about, equation, entry)
            names = frozenset(self.name(part, equation, entry) for part in found.of)
            roots = self.premises.root_rules(equation)
            answer = property.independent_of(about, names, scope, rules, roots)
            if answer.shown:
                return Judgement("proved", answer.method, answer.used)
            witness = property.varies_with(about, names, scope, (*rules, *roots))
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
        declared = self.reading.scope(equation).symbols.get(normal_key(text))
        if declared is not None and declared.kind in ("state", "Pauli"):
            return declared.key
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
    if found.kind == "divergence":
        return f"${found.about}$ is the divergence of ${found.of[0]}$ from ${found.of[1]}$"
    if found.kind == "Hermitian":
        return f"${found.about}$ is Hermitian"
    if found.kind == "symmetric":
        return f"${found.about}$ is symmetric in ${found.of[0]}$ and ${found.of[1]}$"
    return f"${found.about}$ is positive"
