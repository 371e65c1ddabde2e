r"""Judges lines about fields: which method, what the premises give, and what finite models say to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from derive.algebra.rules import Unsupported
from derive.annotation import Entry
from derive.constants import constant
from derive.domains import NotRealisable
from derive.errors import EncodingError
from derive.expression import Applied, Expr, Index, Number, walk
from derive.fields.expansion import Expansion, prove_to_order
from derive.fields.finite.lines import Premise as InModel
from derive.fields.finite.models import examine
from derive.fields.finite.question import Finding
from derive.fields.nodes import Entry as MatrixEntry
from derive.fields.nodes import MatrixSymbol, SpaceIntegral, Variable, places_of
from derive.fields.premise import Premise
from derive.fields.printing import write_element
from derive.fields.proving import METHOD, Claim, Proof, all_sizes, of_matrices, prove
from derive.fields.setting import Setting
from derive.fields.smooth.models import examine_to_order
from derive.fields.solving import GENERAL, put_in, solution
from derive.fields.words import Remainder
from derive.hypotheses import RESTATES
from derive.judgement import (
    EQUATIONS,
    NO_MODEL,
    SOLVES,
    By,
    Judgement,
    SoundnessError,
    counted,
    left_refuted,
    order_words,
)
from derive.latex.chain import Chain
from derive.latex.writer import write, write_chain
from derive.notation import Scope
from derive.paper import Equation
from derive.premises import Premises
from derive.statement import Line
from derive.verdict import Witness, worst

MODELS, ON_LATTICES = 4, 2
"""How many finite models a claim that was shown is held against, each of other sizes; those of lattices are larger."""
TRIES = 16
"""How many finite models a claim that was not shown may have to fail in."""
REGULARITY = "regularity: what integration by parts leaves at the boundary of space vanishes"
LONGEST = 1200


class FieldJudge:
    """Judges chains of relations, definitions and assumptions in scopes that sum over repeated indices."""

    def __init__(self, known: Premises) -> None:
        """``known`` says what is corrected and what is left refuted."""
        self.known = known
        self.paper = known.paper
        self.reading = known.reading
        self.examines = True
        """Whether models are asked; otherwise proofs alone decide, and what is not shown is open."""
        self._exact: tuple[Claim, Proof] | None = None
        self._to_order: tuple[Claim, By, Expansion] | None = None

    def proved(self, claim: Claim) -> Proof:
        """The proof of a claim; asked twice in a row, as for premises corrected and as printed, it is found once."""
        if self._exact is None or self._exact[0] != claim:
            self._exact = claim, prove(claim)
        return self._exact[1]

    def expanded(self, claim: Claim, by: By) -> Expansion:
        """The same to an order."""
        if self._to_order is None or self._to_order[:2] != (claim, by):
            self._to_order = claim, by, prove_to_order(claim, by.order, by.parameter)
        return self._to_order[2]

    # -- premises ------------------------------------------------------------------------------------------------

    def premises(self, line: Line, corrected: bool) -> tuple[Premise, ...]:
        """The equations that a line names, each in the notation of the line that says it."""
        names = (name for name in self.reading.premises(line.equation) if name != line.equation.number)
        return tuple(premise for name in names for premise in self.premise(name, line.equation, corrected))

    def premise(self, name: str, equation: Equation, corrected: bool) -> Iterator[Premise]:
        given = self.reading.given(name, equation)
        if given is not None:
            yield Premise(given.left, given.right, name, self.reading.scope(equation))
            return
        other = self.reading.line(name)
        if other.is_display or any(relation not in EQUATIONS for relation, _ in without_arrow(other.chain).links):
            return
        yield from self.said_by(other, corrected and self.known.correction_holds(name))

    def said_by(self, line: Line, corrected: bool) -> tuple[Premise, ...]:
        """What a line says as a premise: each of its sides is its last one."""
        chain = without_arrow(line.chain)
        first = line.first(corrected) if chain is line.chain else chain.first
        if first is None:
            first = self.reading.left(line.equation, corrected)
        last, between = line.last(corrected), [side for _, side in chain.links[:-1]]
        pairs = [(first, last), *((first, side) for side in between), *((side, last) for side in between)]
        return tuple(Premise(left, right, line.equation.number, line.scope) for left, right in pairs)

    def hypotheses(self, line: Line, claim: Claim) -> tuple[tuple[Premise, ...], tuple[str, ...]]:
        """What a line needs and its paper does not state. Raises EncodingError where that restates the line."""
        found: list[Premise] = []
        words: list[str] = []
        for need in line.equation.annotation.all("needs"):
            chain = self.reading.formula_chain(need.value, line.equation, need)
            where = self.reading.where(line.equation, need)
            if chain.first is None or [relation for relation, _ in chain.links] != ["="]:
                raise EncodingError("needs: a line about fields needs a hypothesis that is an equation", where)
            premise = Premise(chain.first, chain.links[0][1], "needs", line.scope)
            if {premise.left, premise.right} == {claim.left, claim.right}:
                raise EncodingError(RESTATES, where)
            found.append(premise)
            words.append(f"${write_chain(chain, line.scope)}$")
        said = (Premise(claim.left, claim.right, "", claim.scope),)
        follow = all(prove(Claim(p.left, p.right, p.scope, said)).shown for p in found)
        if found and follow and prove(replace(claim, premises=tuple(found))).shown:
            raise EncodingError(RESTATES, self.reading.where(line.equation))
        return tuple(found), tuple(words)

    # -- chains --------------------------------------------------------------------------------------------------

    def chain(self, line: Line, chain: Chain, by: By, *, corrected: bool, only_premises: bool = False) -> Judgement:
        """All links of a chain; the judgement of the worst."""
        chain = without_arrow(chain)
        previous = self.reading.left(line.equation, corrected) if chain.first is None else chain.first
        judgements: list[Judgement] = []
        for number, (relation, side) in enumerate(chain.links):
            if relation not in EQUATIONS:
                return Judgement("open", "none", notes=[f"there is no method for the relation {relation}"])
            how = by if number == len(chain.links) - 1 or relation == "≈" else By("exact")
            claim = Claim(previous, side, line.scope, self.premises(line, corrected))
            judgements.append(self.step(line, claim, how, only_premises))
            previous = side
        idle = frozenset.intersection(*(judgement.idle for judgement in judgements))
        verdict = worst(judgement.verdict for judgement in judgements)
        chosen = next(j for j in judgements if j.verdict == verdict)
        chosen.notes = [note for judgement in judgements for note in judgement.notes]
        if idle and verdict not in ("refuted", "open"):
            names = [name for name in self.reading.premises(line.equation) if name in idle]
            chosen.notes.append(f"not needed for the proof: {', '.join(f'({name})' for name in names)}")
        chosen.applied = frozenset().union(*(judgement.applied for judgement in judgements))
        return chosen

    def step(self, line: Line, claim: Claim, by: By, only_premises: bool) -> Judgement:
        if by.method == "order":
            return self.to_order(line, claim, by, only_premises)
        if by.method in ("solves", "general"):
            return self.solution(line, claim, by, only_premises)
        if by.method != "exact":
            return Judgement("open", "none", notes=[f"by: {by.method} is not for lines about fields"])
        return self.exactly(line, claim, only_premises)

    def exactly(self, line: Line, claim: Claim, only_premises: bool) -> Judgement:
        proof = self.proved(claim)
        if only_premises:
            return Judgement("proved" if proof.shown else "refuted", METHOD)
        if proof.shown:
            return self.shown(line, claim, proof, METHOD, lambda c: prove(c).shown)
        if line.equation.annotation.all("needs"):
            return self.conditional(line, claim)
        return self.not_shown(claim, proof)

    def shown(self, line: Line, claim: Claim, proof: Proof, method: str, again: Callable[[Claim], bool]) -> Judgement:
        """A line that was shown: models of its premises, and which of these the proof does without."""
        said = self.cross_examine(line, claim, proof)
        if isinstance(said, Judgement):
            return said
        notes = [said]
        if any(isinstance(node, SpaceIntegral) for premise in claim.premises for node in premise.nodes()):
            notes.append(REGULARITY)
        return Judgement("proved", method, notes=notes, applied=proof.applied, idle=self.idle(claim, again))

    @staticmethod
    def idle(claim: Claim, shown: Callable[[Claim], bool]) -> frozenset[str]:
        """The premises that the proof does without."""
        sources = dict.fromkeys(premise.source for premise in claim.premises)
        return frozenset(name for name in sources if name != "needs" and shown(claim.without(name)))

    def cross_examine(self, line: Line, claim: Claim, proof: Proof) -> str | Judgement:
        """What exact finite models of the premises say. Raises SoundnessError where the sides differ in one."""
        if not self.examines:
            return "was not held against models"
        points = models = 0
        sizes = ""
        for found in self.findings(claim, models_for(claim.scope), 1):
            if not found.agrees:
                raise SoundnessError(
                    f"({line.equation.number}) was proved, but fails in a model at {found.place}: "
                    f"{found.left} and {found.right}, {found.witness}"
                )
            points += found.compared
            models += 1
            sizes = _sizes(found)
        if not models:
            return Judgement("open", METHOD, notes=[NO_MODEL], applied=proof.applied)
        said = f"agrees in {counted(points, 'component')} in {counted(models, 'exact model')} of the premises"
        return said + (f", up to {sizes}" if sizes else "")

    def findings(self, claim: Claim, models: int = TRIES, seeds: int = 2) -> Iterator[Finding]:
        claim = of_matrices(claim)
        premises = [InModel(p.left, p.right, p.source, p.scope) for p in claim.premises]
        try:
            yield from examine((claim.left, claim.right), premises, claim.scope, seeds=seeds, models=models)
        except NotRealisable:
            return

    def not_shown(self, claim: Claim, proof: Proof) -> Judgement:
        """A line that was not shown: a model in which it fails, or in how many it holds."""
        if not self.examines:
            return Judgement("open", METHOD, notes=[proof.why])
        agreed = 0
        for found in self.findings(claim):
            if not found.agrees:
                return Judgement("refuted", METHOD, witness=_witness(found), notes=[*_left_over(proof)])
            agreed += found.compared
        why = proof.why or "the named premises do not give it"
        if agreed:
            return Judgement(
                "supported", METHOD, notes=[f"the two sides agree in {agreed} components of exact models", why]
            )
        return Judgement("open", METHOD, notes=[why])

    def conditional(self, line: Line, claim: Claim) -> Judgement:
        """A line that is shown with the hypotheses that it needs, and fails in a model without them."""
        needed, words = self.hypotheses(line, claim)
        under = Claim(claim.left, claim.right, claim.scope, (*needed, *claim.premises))
        proof = prove(under)
        if not proof.shown:
            refuted = self.not_shown(under, proof)
            refuted.notes.append("it was not shown under the recorded hypothesis")
            return refuted
        outside = next((found for found in self.findings(claim) if not found.agrees), None)
        if outside is None:
            return Judgement("supported", METHOD, notes=["no model was found that needs the hypothesis"])
        said = self.cross_examine(line, under, proof)
        if isinstance(said, Judgement):
            return said
        return Judgement(
            "conditional", METHOD, witness=_witness(outside), hypotheses=words,
            notes=[f"under the hypothesis it {said}"], applied=proof.applied - {"needs"},
            idle=self.idle(under, lambda c: prove(c).shown),
        )  # fmt: skip

    def to_order(self, line: Line, claim: Claim, by: By, only_premises: bool) -> Judgement:
        method = order_words(by)
        found = self.expanded(claim, by)
        if only_premises:
            return Judgement("proved-to-order" if found.shown else "refuted", method)
        if not found.shown:
            return self.not_shown_to_order(claim, by, found)
        if found.is_empty:
            return Judgement(
                "open", method, notes=[f"both sides are of higher order than {method}: the claim is empty"]
            )
        said = self.cross_examine_to_order(line, claim, by, found)
        if not said:
            return Judgement("open", method, notes=[NO_MODEL], applied=found.applied)
        idle = self.idle(claim, lambda c: prove_to_order(c, by.order, by.parameter).shown)
        notes = [said]
        if not found.remainder:
            notes.append("there is no remainder at the next order")
        texts = [text for element in found.remainder[:1] if len(text := write_element(element)) <= LONGEST]
        return Judgement(
            "proved-to-order", method, order=by.order, notes=notes, applied=found.applied,
            printed_remainder=texts[0] if texts else "", idle=idle,
        )  # fmt: skip

    def not_shown_to_order(self, claim: Claim, by: By, found: Expansion) -> Judgement:
        """A line that was not shown: a model of slowly varying fields in which it fails, or in how many it holds."""
        method = order_words(by)
        if not self.examines:
            return Judgement("open", method, notes=[found.why])
        agreed = 0
        for model in self.findings_to_order(claim, by):
            if not model.agrees:
                at = f"the sides differ at {model.place.rpartition(', ')[2]}"
                return Judgement("refuted", method, notes=[at], witness=_witness(model))
            agreed += model.compared
        why = found.why or "the named premises do not give it"
        if agreed:
            notes = [f"the two sides agree in {agreed} coefficients of exact models", why]
            return Judgement("supported", method, notes=notes)
        return Judgement("open", method, notes=[why])

    def cross_examine_to_order(self, line: Line, claim: Claim, by: By, expansion: Expansion) -> str:
        """What exact models of slowly varying fields say; empty where there is none.

        Raises SoundnessError where the sides differ in one, up to the order or by another remainder.
        """
        if not self.examines:
            return "was not held against models"
        points = models = 0
        sizes, more = "", ""
        for found in self.findings_to_order(claim, by, expansion.components):
            if not found.agrees:
                raise SoundnessError(
                    f"({line.equation.number}) was proved to {order_words(by)}, but fails in a model at {found.place}: "
                    f"{found.left} and {found.right}, {found.witness}"
                )
            points += found.compared
            models += 1
            sizes, more = _sizes(found), ", ".join(("", *found.notes))
        if not models:
            return ""
        counted_models = counted(models, "exact model")
        said = f"agrees in {counted(points, 'coefficient')} of the spacing in {counted_models} of slowly varying fields"
        return said + (f", up to {sizes}" if sizes else "") + more

    def findings_to_order(self, claim: Claim, by: By, remainder: Remainder = ()) -> Iterator[Finding]:
        premises = [InModel(p.left, p.right, p.source, p.scope) for p in claim.premises]
        sides = claim.left, claim.right
        try:
            yield from examine_to_order(
                sides, premises, claim.scope, order=by.order, parameter=by.parameter, remainder=remainder
            )
        except NotRealisable:
            return

    def solution(self, line: Line, claim: Claim, by: By, only_premises: bool) -> Judgement:
        """A function that solves equations, or is their general solution."""
        targets = frozenset(name.strip() for name in by.term.split(","))
        method = SOLVES if by.method == "solves" else GENERAL

        def holds(of: Claim) -> Proof:
            return solution(of, targets, general=by.method == "general")

        named = {premise.source for premise in claim.premises}
        if not targets <= named:
            missing = ", ".join(sorted(targets - named))
            where = self.reading.where(line.equation, line.equation.annotation.one("by"))
            raise EncodingError(f"by: the line solves {missing}, which is not among its premises", where)
        proof = holds(claim)
        if only_premises:
            return Judgement("proved" if proof.shown else "refuted", method)
        equations = put_in(claim, targets)
        if proof.shown:
            notes: list[str] = []
            for inner in equations:
                said = self.cross_examine(line, inner, proof)
                if isinstance(said, Judgement):
                    return said
                notes.append(said)
            idle = self.idle(claim, lambda c: targets <= {p.source for p in c.premises} and holds(c).shown)
            return Judgement("proved", method, notes=notes, applied=proof.applied, idle=idle)
        if line.equation.annotation.all("needs"):
            needed, words = self.hypotheses(line, claim)
            under = Claim(claim.left, claim.right, claim.scope, (*needed, *claim.premises))
            again = holds(under)
            outside = next((f for inner in equations for f in self.findings(inner) if not f.agrees), None)
            if again.shown and outside is not None:
                for inner in equations:
                    said = self.cross_examine(line, replace(inner, premises=(*inner.premises, *needed)), again)
                    if isinstance(said, Judgement):
                        return said
                return Judgement(
                    "conditional",
                    method,
                    witness=_witness(outside),
                    hypotheses=words,
                    applied=again.applied - {"needs"},
                )
            proof = again
        for inner in equations:
            judgement = self.not_shown(inner, proof)
            if judgement.verdict == "refuted":
                judgement.method = method
                return judgement
        return Judgement("open", method, notes=[proof.why or "that it is a solution was not shown"])

    # -- definitions and assumptions ------------------------------------------------------------------------------

    def shows(self, line: Line) -> list[str]:
        return ["says what is put for what; it claims no equality"]

    def defines(self, line: Line, left: Expr) -> list[str]:
        """That a definition names something, and that no other one of its scope names the same."""
        if not any(isinstance(node, Variable | MatrixSymbol | Applied) for node in walk(left)):
            said = f"({line.equation.number}) defines nothing: its left side has no variable, matrix or function in it"
            raise EncodingError(said, self.reading.where(line.equation))
        own = self.said_by(line, False)[:1]
        if (
            constant(own[0].right if own else left) != 0
            and prove(Claim(left, Number(Fraction(0)), line.scope, own)).shown
        ):
            said = f"({line.equation.number}) leaves its left side no value but zero"
            raise EncodingError(said, self.reading.where(line.equation))
        for other in self.paper.lines:
            entry = other.annotation.one("by")
            if other.number == line.equation.number or entry is None or entry.value != "definition":
                continue
            if other.scope == line.equation.scope and self.reading.line(other.number).chain.first == left:
                said = f"({line.equation.number}) and ({other.number}) both define the same thing"
                raise EncodingError(said, self.paper.file)
        return [f"defines ${write(left, line.scope)}$", "no other definition of its scope clashes with it"]

    def check_correction(self, line: Line) -> None:
        """A variable may stand on both sides of what moves it: there is nothing to refuse."""

    def model_of(self, line: Line, left: Expr) -> str:
        """An exact model in which an assumption holds together with what it names."""
        own = self.said_by(line, True)
        for found in self.findings(
            Claim(left, line.last(True), line.scope, (*own, *self.premises(line, True))), ON_LATTICES
        ):
            if found.agrees:
                sizes = _sizes(found)
                return f"a model of it was drawn, with {sizes}" if sizes else "a model of it was drawn"
        return ""

    def judge(self, line: Line, entry: Entry, *, printed: bool = False, corrected_self: bool = False) -> Judgement:
        """Judges what a definition is said to be or do; the line itself counts as printed unless corrected."""
        equation = line.equation
        for name in self.reading.premises(equation):
            if name != equation.number and not printed and self.known.is_left_refuted(name, equation):
                return Judgement("open", "property", notes=[left_refuted(name)])
        chain = self.reading.formula_chain(entry.value, equation, entry)
        if chain.first is None:
            raise EncodingError("so: an obligation about fields is an equation", self.reading.where(equation, entry))
        own = self.said_by(line, corrected_self)[:1]
        claim = Claim(chain.first, chain.links[-1][1], line.scope, (*own, *self.premises(line, not printed)))
        return self.exactly(line, claim, only_premises=printed)

    def further(self, line: Line, by: By) -> Judgement | None:
        """What a definition says behind its first relation, which has to follow from what it names."""
        chain = without_arrow(line.chain)
        while len(chain.links) > 1 and _is_name(chain.links[0][1]):
            chain = Chain(chain.links[0][1], chain.links[1:], chain.apart)
        if len(chain.links) < 2 or chain.first is None:
            return None
        rest = Chain(chain.links[0][1], chain.links[1:], chain.apart)
        return self.chain(line, rest, By("exact"), corrected=True)

    # -- corrections ---------------------------------------------------------------------------------------------

    def printed_minus_corrected(self, line: Line) -> list[str]:
        """The difference of the two right sides, where it can be printed."""
        if line.corrected is None or line.chain.first is None or line.corrected.first is not None:
            return []
        try:
            claim = Claim(line.right, line.corrected.links[-1][1], line.scope)
            for sizes in all_sizes(claim):
                parts = list(Setting((), sizes).instances(claim.left, claim.right, line.scope))
                text = write_element(parts[0][0] - parts[0][1])
                return [f"printed minus corrected is ${text}$"] if len(text) <= LONGEST else []
        except Unsupported:
            return []
        return []


def models_for(scope: Scope) -> int:
    return ON_LATTICES if any(r.lattice for r in scope.ranges.values()) else MODELS


def holds_for(line: Line) -> str | None:
    """What a line about fields is claimed for: all sizes of its ranges, and every lattice."""
    names: set[str] = set()
    for side in line.chain.sides:
        names |= {place.index.range for place in places_of(side)}
        for node in walk(side):
            match node:
                case Variable(axes=axes):
                    names |= set(axes)
                case MatrixSymbol(over=over):
                    names |= set(over)
                case MatrixEntry(of=of):
                    names |= set(of.type.axes[0].split())
            names |= {slot.range for slot in getattr(node, "slots", ()) if isinstance(slot, Index)}
    ranges = [line.scope.ranges[name] for name in line.scope.ranges if name in names]
    sizes = [f"all {r.size}" for r in ranges if not r.lattice and not r.size.isdigit()]
    lattices = ["every lattice size"] if any(r.lattice for r in ranges) else []
    return " and ".join([*lattices, *sizes]) or None


def _is_name(side: Expr) -> bool:
    """Whether a side is something that a definition may introduce: a variable, a matrix, or its entries."""
    return isinstance(side, Variable | MatrixSymbol) or (
        isinstance(side, MatrixEntry) and isinstance(side.of, MatrixSymbol)
    )


def without_arrow(chain: Chain) -> Chain:
    """A transformation ``a → b = c`` as what it says of b."""
    if len(chain.links) > 1 and chain.links[0][0] == "→":
        return Chain(chain.links[0][1], chain.links[1:], chain.apart)
    return chain


def _left_over(proof: Proof) -> list[str]:
    if proof.rest is None:
        return [proof.why] if proof.why else []
    text = write_element(proof.rest)
    return [f"left minus right is ${text}$"] if len(text) <= LONGEST else []


def _sizes(found: Finding) -> str:
    return ", ".join(f"{name} = {size}" for name, size in found.sizes.items())


def _witness(found: Finding) -> Witness:
    values = tuple(found.witness.items())
    return Witness((*values, *((("at", found.place),) if found.place else ())), found.left, found.right)


__all__ = ["FieldJudge", "holds_for"]
