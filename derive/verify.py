r"""Verifies a paper: each line from its premises, with its evidence.

A line is judged against its premises as corrected, and again as printed (``follows``). A step is shown from the
premises that it names. An approximation is shown a second time from the definitions of its scope, expanded from
scratch, which also gives the leading remainder. Every line that is shown is then cross-examined in models that share
nothing with the proof (:mod:`derive.model`); a disagreement there is an error of ours and stops the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from derive.algebra.raising import Raising
from derive.dimension import analyse, declared_dimensions
from derive.errors import DeriveError, EncodingError
from derive.examination import Examination
from derive.expression import Index, Size, Symbol, walk
from derive.fields.judging import FieldJudge
from derive.fields.judging import holds_for as holds_for_fields
from derive.inheritance import Inheritance
from derive.judge import Judge
from derive.judgement import NOT_NEEDED, By, Judgement, SoundnessError, left_refuted, order_words, parse_by, shown
from derive.latex.chain import Chain
from derive.latex.writer import write, write_chain
from derive.notation import Scope
from derive.obligations import Obligations, told
from derive.paper import Equation, Paper
from derive.premises import Premises
from derive.statement import Line, Reading, is_sentence
from derive.verdict import Result, worst

UNDER = "under what "
"""What a line begins with that says which hypothesis of a line that it rests on it holds under."""
LONGEST = 600
"""The length of a difference, written out, beyond which it says less than the two lines do."""


class Verifier:
    """The results of one paper, each computed once and when it is asked for."""

    def __init__(self, paper: Paper, reading: Reading | None = None) -> None:
        self.paper = paper
        self.reading = reading or Reading(paper)
        self._results: dict[str, Result] = {}
        self._slips_found: dict[str, str] | None = None
        self._stack: list[str] = []
        self.premises = Premises(paper, self.reading, self.correction_holds, self.is_left_refuted)
        self.examination = Examination(self.reading, self.premises)
        self.judge = Judge(self.reading, self.premises, self.examination)
        self.obligations = Obligations(paper, self.reading, self.premises, self.examination)
        self.fields = FieldJudge(self.premises)
        self.inheritance = Inheritance(paper, self.reading, self._results)

    def results(self, numbers: Iterable[str] | None = None) -> Iterator[Result]:
        """The results in print order, of all lines or of those named."""
        wanted = None if numbers is None else set(numbers)
        for equation in self.paper.equations:
            if wanted is None or equation.number in wanted:
                yield self.result(equation.number)

    def learn(self, results: Mapping[str, Result]) -> None:
        """Takes over results of lines that another verifier of the same paper decided."""
        self._results.update(results)

    def result(self, number: str) -> Result:
        """The result of one line. Raises EncodingError for a circle of premises or a mistake in the encoding."""
        if number in self._results:
            return self._results[number]
        if number in self._stack:
            circle = " from ".join([*self._stack[self._stack.index(number) :], number])
            raise EncodingError(f"the premises go in a circle: {circle}", self.paper.file)
        self._stack.append(number)
        try:
            self._results[number] = self._result(self.paper.equation(number))
        finally:
            self._stack.pop()
        return self._results[number]

    def _result(self, equation: Equation) -> Result:
        base = Result(equation.number, equation.kind, equation.section, equation.latex, "open")
        if not equation.is_annotated:
            return replace(base, note="not encoded yet")
        self.reading.check_premises(equation)
        line = self.reading.line(equation.number)
        scope = line.scope
        by = parse_by(equation.annotation.one("by"), self.reading.where(equation, equation.annotation.one("by")), scope)
        for name in self.reading.premises(equation):
            if self.reading.given(name, equation) is None and self.reading.apart(name, equation) is None:
                self.result(name)
        base = replace(
            base,
            statement=self._statement(line),
            read=True,
            premises=self.reading.premises(equation),
            slips=self._slips(line, by),
            holds_for=holds_for_fields(line) if scope.summation else _holds_for(line),
            note=self._words(equation),
        )
        if by.method not in ("definition", "assumption") and (entry := equation.annotation.one("so")) is not None:
            raise EncodingError("so: is for definitions and assumptions", self.reading.where(equation, entry))
        judge = self._introduced if by.method in ("definition", "assumption") else self._step
        result = judge(base, line, by)
        result = replace(result, evidence=(*result.evidence, *self._dimensions(line)))
        return replace(result, evidence=(*result.evidence, equation.version)) if equation.version else result

    def _dimensions(self, line: Line) -> tuple[str, ...]:
        """What the dimensions of the sides say, where the notation gives those of its symbols."""
        if line.is_display or line.relation == "→" or line.scope.summation:
            return ()
        known = declared_dimensions(line.scope, self.reading.where(line.equation))
        if not any(known.values()):
            return ()
        chain = replace(line.chain, first=self.reading.left(line.equation, corrected=False))
        report = analyse(chain, line.scope, known)
        if report.consistent is None:
            return ()
        said = "; ".join(report.words)
        if report.consistent:
            return (f"dimensions: {said or 'both sides have the same'}",)
        return (f"dimensions: the sides do not agree: {said}",)

    def _words(self, equation: Equation) -> str:
        found = [entry.words for entry in equation.annotation.entries if entry.words and entry.key != "read"]
        return ". ".join(_sentence(words) for words in found)

    def _statement(self, line: Line) -> str:
        if line.chain.first is None:
            left = write(self.reading.left(line.equation, corrected=False), line.scope)
            return f"{left} {write_chain(line.chain, line.scope)}"
        return write_chain(line.chain, line.scope)

    @property
    def _first_slips(self) -> dict[str, str]:
        """The line in which each slip of a scope stands first."""
        if self._slips_found is None:
            self._slips_found = {}
            for equation in self.paper.equations:
                if not equation.is_annotated:
                    continue
                try:
                    line = self.reading.line(equation.number)
                except DeriveError:
                    continue
                for slip in line.slips:
                    self._slips_found.setdefault(f"{equation.scope}/{slip.name}", equation.number)
        return self._slips_found

    def _slips(self, line: Line, by: By) -> tuple[str, ...]:
        found = []
        for slip in line.slips:
            first = self._first_slips.get(f"{line.equation.scope}/{slip.name}", "")
            found.append(slip.said("" if first == line.equation.number else first))
        if by.method == "order" and line.relation == "=":
            found.append(rf"$=$ stands for $\approx$: the line is introduced as an expansion to {order_words(by)}")
        if by.method == "drop" and line.relation == "=":
            found.append(r"$=$ stands for $\approx$: a term is dropped")
        return tuple(found)

    def correction_holds(self, number: str) -> bool:
        """Whether a recorded correction takes the place of the print: the line is refuted, the correction shown."""
        line = self.reading.line(number)
        if line.corrected is None:
            return False
        if number in self._stack:
            return True
        result = self.result(number)
        return result.verdict == "refuted" and result.borne_out

    def is_left_refuted(self, name: str, equation: Equation) -> bool:
        """Whether a premise is, or says what only such a line gives, a refuted line with no shown correction.

        A line that goes on from another one says its own left side through that one; an open one may be open for this.
        """
        if self.reading.given(name, equation) is not None or self.reading.apart(name, equation) is not None:
            return False
        if name in self._stack:
            return False
        result = self.result(name)
        if result.verdict == "refuted" and not self.correction_holds(name):
            return True
        own = self.paper.equation(name)
        before = self.reading.premises(own) if own.is_annotated else ()
        if result.verdict != "open":
            before = before[:1] if self.reading.line(name).chain.first is None else ()
        return any(self.is_left_refuted(other, own) for other in before)

    def _step(self, base: Result, line: Line, by: By) -> Result:
        judge = self._judge_of(line)
        holds = judge.chain(line, line.chain, by, corrected=True)
        holds = self._on_what_holds(line, holds)
        follows_judgement = judge.chain(line, line.chain, by, corrected=False, only_premises=True)
        bare = line.equation.kind == "claim" and not self.reading.premises(line.equation)
        follows = None if bare else shown(follows_judgement.verdict)
        result = self._with(base, line, holds)
        under = self._under(holds.applied) if shown(holds.verdict) else ()
        result = replace(result, follows=follows, evidence=(*result.evidence, *under))
        if holds.verdict == "refuted":
            return self._refuted(result, line, by, follows)
        return self._without_findings(result, line)

    def _on_what_holds(self, line: Line, holds: Judgement) -> Judgement:
        """A line that is shown from a refuted one, of which no correction is shown, is open."""
        names = self.reading.premises(line.equation)
        first = names[:1] if line.chain.first is None else ()
        for name in names:
            rests = name in first or name in holds.applied
            if rests and shown(holds.verdict) and self.is_left_refuted(name, line.equation):
                return Judgement("open", holds.method, holds.used, notes=[left_refuted(name)])
        return holds

    def _under(self, applied: Iterable[str]) -> tuple[str, ...]:
        """What the lines that a proof uses need, and those that these rest on: it holds under the same."""
        found: dict[str, None] = {}
        lines = {equation.number for equation in self.paper.lines}
        for name in sorted(set(applied) & lines - set(self._stack[-1:])):
            result = self.result(name)
            if result.verdict == "conditional":
                found |= dict.fromkeys(f"{UNDER}({name}) needs: {hypothesis}" for hypothesis in result.hypotheses)
            found |= dict.fromkeys(said for said in result.evidence if said.startswith(UNDER))
        return tuple(found)

    def _without_findings(self, result: Result, line: Line) -> Result:
        """A line that is not refuted: a correction or an idle hypothesis recorded for it is not borne out."""
        if line.equation.annotation.all("needs") and not result.hypotheses:
            note = "a hypothesis is recorded that the line does not need"
        elif line.corrected is not None or self._sentence_correction(line):
            note = "a correction is recorded, but the line is not refuted as printed"
        else:
            return result
        return replace(result, borne_out=False, note=_join(result.note, note))

    def _refuted(self, result: Result, line: Line, by: By, follows: bool | None) -> Result:
        result = replace(result, inherits=self.inheritance.roots(line))
        if follows and not result.inherits:
            result = replace(result, inherits=self.inheritance.of_premises(line))
        notes: list[str] = []
        correction: str | None = None
        borne_out = True
        if line.corrected is not None:
            judged = self._judge_of(line).chain(line, self._corrected_chain(line), by, corrected=True)
            correction = write_chain(line.corrected, line.scope)
            if not shown(judged.verdict):
                borne_out = False
                notes.append("the recorded correction was not shown")
            else:
                notes.append(f"the correction is {judged.verdict}")
                notes += _of_the_correction(judged.notes)
                text = self._remainder(judged, line.scope)
                if text is not None:
                    notes.append(f"its leading remainder is ${text}$")
            notes += self._printed_minus_corrected(line)
        elif self._sentence_correction(line):
            correction = self._sentence_correction(line)
        else:
            borne_out = False
            notes.append("no correction is recorded")
        if follows is False and result.inherits:
            notes.append("the line has an error of its own beside the inherited one")
        return replace(
            result, correction=correction, evidence=(*result.evidence, *notes), borne_out=borne_out, holds_for=None
        )

    def _judge_of(self, line: Line) -> Judge | FieldJudge:
        return self.fields if line.scope.summation else self.judge

    def _obligations_of(self, line: Line) -> Obligations | FieldJudge:
        return self.fields if line.scope.summation else self.obligations

    def _printed_minus_corrected(self, line: Line) -> list[str]:
        if line.scope.summation:
            return self.fields.printed_minus_corrected(line)
        delta = self.inheritance.delta(line)
        if delta is None:
            return []
        try:
            text = write(Raising(line.scope).poly(delta), line.scope)
        except TypeError:
            return []
        return [f"printed minus corrected is ${text}$"] if len(text) <= LONGEST else []

    @staticmethod
    def _corrected_chain(line: Line) -> Chain:
        assert line.corrected is not None
        first = line.first(corrected=True)
        return Chain(first, (*line.chain.links[:-1], line.corrected.links[-1]), line.chain.apart)

    def _sentence_correction(self, line: Line) -> str | None:
        entry = line.equation.annotation.one("corrected")
        return entry.value.strip('"') if entry is not None and is_sentence(entry.value) else None

    def _introduced(self, base: Result, line: Line, by: By) -> Result:
        """A definition or an assumption: its obligations, and that it neither clashes nor goes in a circle."""
        equation = line.equation
        evidence: list[str] = []
        own: list[Judgement] = []
        obligations = self._obligations_of(line)
        further = obligations.further(line, by)
        if line.is_display or line.relation in ("→", "∼"):
            evidence += obligations.shows(line)
        elif by.method == "definition":
            left = self.reading.left(equation, corrected=True)
            evidence += obligations.defines(line, left)
            if isinstance(obligations, Obligations) and (why := obligations.never_as_declared(line, left)):
                own.append(Judgement("open", by.method))
                evidence.append(why)
        else:
            left = self.reading.left(equation, corrected=True)
            model = obligations.model_of(line, left)
            evidence.append(model or "no model that satisfies it together with its scope was found")
            if not model:
                own.append(Judgement("supported", "assumption"))
        if further is not None:
            own.append(further)
            evidence.append(f"what it says behind its first relation: {further.verdict}")
            evidence += further.notes
        for entry in equation.annotation.all("so"):
            judgement = obligations.judge(line, entry)
            own.append(judgement)
            evidence.append(f"obligation: {told(entry.value)}: {judgement.verdict}")
            evidence += judgement.notes
        if isinstance(obligations, Obligations) and all(shown(judgement.verdict) for judgement in own):
            evidence += obligations.not_needed(line)
        evidence += self._under(name for judgement in own if shown(judgement.verdict) for name in judgement.applied)
        together = worst([by.method, *(j.verdict for j in own if j.verdict not in ("proved", "proved-to-order"))])
        result = replace(
            base,
            verdict=together,
            method=by.method if not own else f"{by.method}; {own[0].method}",
            evidence=tuple(evidence),
        )
        failed = next((j for j in own if j.verdict == together), None)
        if failed is not None and together != by.method:
            result = replace(result, witness=failed.witness, hypotheses=failed.hypotheses)
        if together == "refuted":
            follows = all(
                shown(obligations.judge(line, e, printed=True).verdict) for e in equation.annotation.all("so")
            )
            return self._refuted_definition(replace(result, follows=follows), line)
        return self._without_findings(result, line)

    def _refuted_definition(self, result: Result, line: Line) -> Result:
        obligations = self._obligations_of(line)
        result = replace(result, inherits=self.inheritance.roots(line))
        if line.corrected is None:
            return replace(result, borne_out=False, evidence=(*result.evidence, "no correction is recorded"))
        obligations.check_correction(line)
        judgements = [obligations.judge(line, e, corrected_self=True) for e in line.equation.annotation.all("so")]
        met = all(shown(j.verdict) for j in judgements)
        notes = ["with the correction the obligation is met" if met else "the recorded correction was not shown"]
        if met and isinstance(obligations, Obligations):
            notes += _of_the_correction(obligations.not_needed(line, corrected_self=True))
        notes += self._printed_minus_corrected(line)
        return replace(
            result,
            correction=write_chain(line.corrected, line.scope),
            evidence=(*result.evidence, *notes),
            borne_out=met,
            holds_for=None,
        )

    def _with(self, base: Result, line: Line, judgement: Judgement) -> Result:
        evidence = [f"uses {said}" for said in judgement.used if not said.startswith("not for")]
        evidence += [said for said in judgement.used if said.startswith("not for")]
        return replace(
            base,
            verdict=judgement.verdict,
            method=judgement.method,
            hypotheses=judgement.hypotheses,
            order=judgement.order,
            remainder=self._remainder(judgement, line.scope),
            witness=judgement.witness,
            evidence=(*evidence, *judgement.notes),
        )

    @staticmethod
    def _remainder(judgement: Judgement, scope: Scope) -> str | None:
        remainder = judgement.remainder
        if remainder is None:
            return judgement.printed_remainder or None
        raising = Raising(scope)
        try:
            if remainder.matrix is not None:
                return write(raising.matrix(remainder.matrix), scope)
            assert remainder.poly is not None
            return write(raising.poly(remainder.poly), scope)
        except TypeError:
            return None


def _of_the_correction(notes: Iterable[str]) -> list[str]:
    """Which premises the proof of a correction does without, of what is said of it."""
    return [
        said.replace(NOT_NEEDED, f"{NOT_NEEDED} of the correction") for said in notes if said.startswith(NOT_NEEDED)
    ]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _join(*parts: str) -> str:
    return ". ".join(_sentence(part) for part in parts if part)


def _holds_for(line: Line) -> str | None:
    """The sizes a statement is about: those of every range that occurs in it."""
    ranges: set[str] = set()
    for side in line.chain.sides:
        for node in walk(side):
            if isinstance(node, Symbol):
                ranges |= {slot.range for slot in node.slots}
            ranges |= set(node.type.axes) & set(line.scope.ranges)
            if isinstance(node, Size):
                ranges.add(node.range)
            index = getattr(node, "index", None)
            if isinstance(index, Index):
                ranges.add(index.range)
    sizes = [line.scope.ranges[name].size for name in line.scope.ranges if name in ranges]
    sizes = [size for size in sizes if not size.isdigit()]
    return "all " + " and ".join(sizes) if sizes else None


__all__ = ["SoundnessError", "Verifier"]
