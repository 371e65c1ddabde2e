r"""Where names stand in the tokens of a formula: with which scripts and brackets, under what, differentiated by what.

It knows the shapes of LaTeX and nothing of what names mean; a guess at a notation is made from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from derive.latex.chain import RELATIONS
from derive.latex.functions import FUNCTIONS

_NAME = re.compile(r"[A-Za-z]$|\\[A-Za-z]+(\{.*\})?$|\\Delta [A-Za-z]+$")
_WORDS = re.compile(
    r"\\(text|mathrm|textrm|mbox)\{\W*(for|if|where|with|and|or|otherwise|when|else|as|subjectto|then|i\.e|e\.g)"
    r"(all|every|each|only|some|any)*\W*\}$"
)
"""Words of the prose that stand in displays: they are no symbols."""
_FRACTIONS = (r"\frac", r"\tfrac", r"\dfrac")
_NOT_NAMES = {
    *(r"\binom", r"\sqrt", r"\sum", r"\prod", r"\int", r"\oint", r"\iint", r"\iiint", r"\partial", r"\nabla", r"\cdot"),
    *(r"\times", r"\pm", r"\mp", r"\det", r"\lim", r"\max", r"\min", r"\arg", r"\pi", r"\infty", r"\dagger", r"\prime"),
    *(r"\langle", r"\rangle", r"\neq", r"\forall", r"\gg", r"\mid", r"\parallel", r"\in", r"\propto", r"\top"),
    *(r"\cdots", r"\ldots", r"\vdots", r"\ddots", r"\dots", r"\otimes", r"\odot", r"\circ", r"\ast", r"\star", r"\|"),
    *(r"\operatorname{rank}", r"\operatorname{diag}", r"\lbrace", r"\rbrace", r"\leftarrow", r"\gets", r"\mapsto"),
    *(r"\Rightarrow", r"\Leftrightarrow", r"\implies", r"\iff", r"\middle", r"\vert", r"\Vert", r"\lVert", r"\rVert"),
    *(r"\lvert", r"\rvert", r"\sup", r"\inf", r"\perp", r"\colon", r"\mathbf{0}", r"\bigg|", r"\Box", r"\square"),
    *(*FUNCTIONS, *RELATIONS, *_FRACTIONS),
}
UPRIGHT = r"\mathrm{d}"
"""The d of a differential where it is printed upright."""
_OPEN = {"(": ")", "[": "]", r"\{": r"\}"}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name as it stands in a formula."""

    name: str
    """Its letter under fonts and accents, without an arrow, with its primes."""
    arrow: bool
    sub: tuple[str, ...]
    """The tokens of its subscript."""
    sup: tuple[str, ...]
    """The tokens of its superscript."""
    arguments: tuple[tuple[str, ...], ...] | None
    """What stands in the round brackets behind it, part by part."""
    separators: frozenset[str]
    """What keeps these parts apart."""
    bar: int
    """How many of these parts stand before the first bar; 0 where there is none."""
    square: bool
    """Whether a square or curly bracket stands right behind it."""
    under: frozenset[str]
    """What it stands in as a factor, ``below`` a fraction bar, under a ``root``, in a ``log``; and whether it is
    ``derived``, what is differentiated ``by``, or a ``measure``."""
    by: tuple[str, ...] = ()
    """The names that it is differentiated by."""


@dataclass
class _Scan:
    """A walk over the tokens of one formula."""

    texts: list[str]
    found: list[Occurrence] = field(default_factory=list)
    derives: tuple[str, ...] = ()
    """What the next factor is differentiated by."""
    is_integral: bool = False

    def range(self, at: int, end: int, under: frozenset[str]) -> None:
        """All names between two places; what stands behind words, as ``\\text{for all } k``, is said about a line."""
        while at < end and not (_WORDS.match(self.texts[at]) and not self.texts[at].endswith("{and}")):
            at = self.step(at, under)

    def step(self, at: int, under: frozenset[str]) -> int:
        """What begins here; returns where it ends."""
        text = self.texts[at]
        if text in _FRACTIONS:
            return self.fraction(at, under)
        if text == r"\sqrt":
            start, end = group(self.texts, self.behind_square(at + 1))
            self.range(start, self.inside(start, end), self.put(start, end, under, "root"))
            return end
        if text in (r"\log", r"\ln"):
            end = self.factor_end(at + 1)
            self.range(at + 1, end, self.put(at + 1, end, under, "log"))
            return end
        if text in (r"\int", r"\oint", r"\iint", r"\iiint"):
            self.is_integral = True
        if text in (r"\sum", r"\prod") and self.texts[at + 1 : at + 2] == ["_"]:
            start, end = group(self.texts, at + 2)
            equals = next((n for n in range(start, end) if self.texts[n] == "="), end)
            self.range(equals, end, under)
            return end
        if text in ("d", UPRIGHT) and self.is_integral and is_name("".join(self.texts[at + 1 : at + 2])):
            return self.name(at + 1, under | {"measure"})
        if text == UPRIGHT:
            return at + 1
        if text == "e" and self.texts[at + 1 : at + 2] == ["^"]:
            return at + 1
        if is_name(text):
            return self.name(at, under)
        return at + 1

    def fraction(self, at: int, under: frozenset[str]) -> int:
        top, middle = group(self.texts, at + 1)
        bottom, end = group(self.texts, middle)
        above, below = self.inside(top, middle), self.inside(bottom, end)
        sign = self.texts[top] if top < len(self.texts) else ""
        if sign in ("d", UPRIGHT, r"\partial") and self.texts[bottom : bottom + 1] == [sign] and below - bottom > 1:
            count = len(self.found)
            for n in range(bottom, below):
                if self.texts[n - 1] == sign and n > bottom and is_name(self.texts[n]):
                    self.name(n, under | {"by"})
            by = tuple(one.name for one in self.found[count:])
            first = top + 1
            if self.texts[first : first + 1] == ["^"]:
                first = group(self.texts, first + 1)[1]
            outer, self.derives = self.derives, (*self.derives, *by)
            if first < above:
                self.range(first, above, under)
                self.derives = outer
            else:
                close = self.factor_end(end)
                self.range(end, close, under)
                self.derives, end = outer, close
            return end
        self.range(top, above, under)
        self.range(bottom, below, self.put(bottom, below, under, "below"))
        return end

    def put(self, start: int, end: int, under: frozenset[str], mark: str) -> frozenset[str]:
        """What names in a product stand under; in a sum a mark says nothing of one of them."""
        return under if {"+", "-"} & set(self.texts[start:end]) else under | {mark}

    def name(self, at: int, under: frozenset[str]) -> int:
        """A name with its scripts; what stands in its superscript and brackets is walked over too."""
        text = self.texts[at]
        arrow = text.startswith(r"\vec{")
        if arrow:
            text = re.sub(r"^\\math(bf|rm|it)\{(\w)\}$", r"\2", text.removeprefix(r"\vec{").removesuffix("}"))
        sub: list[str] = []
        sup: list[str] = []
        powers: list[tuple[int, int]] = []
        end = at + 1
        while self.texts[end : end + 1] in (["'"], ["_"], ["^"]):
            if self.texts[end] == "'":
                text, end = text + "'", end + 1
                continue
            mark = self.texts[end]
            start, end = group(self.texts, end + 1)
            inner = self.texts[start : self.inside(start, end)]
            if mark == "_":
                sub = inner
            else:
                sup = inner
                powers.append((start, self.inside(start, end)))
        arguments, marks = self.arguments(end)
        bar = marks.index("|") + 1 if "|" in marks else 0
        is_square = self.texts[end : end + 1] in (["["], [r"\{"])
        where = under | ({"derived"} if self.derives else set())
        scripts = tuple(sub), tuple(sup)
        kept = frozenset(marks), bar, is_square, where, self.derives
        self.found.append(Occurrence(text, arrow, *scripts, arguments, *kept))
        if sup not in (["*"], ["T"], [r"\top"], [r"\dagger"]) and sup[:1] != ["("]:
            for start, stop in powers:
                self.range(start, stop, under)
        if arguments is not None:
            close = self.closing(end)
            self.range(end + 1, close - 1, frozenset())
            return close
        return end

    def arguments(self, at: int) -> tuple[tuple[tuple[str, ...], ...] | None, list[str]]:
        """The parts of a bracket, and what keeps each from the next."""
        if self.texts[at : at + 1] != ["("]:
            return None, []
        depth = 0
        parts: list[list[str]] = [[]]
        marks: list[str] = []
        for text in self.texts[at:]:
            depth += (text in ("(", "{", "[")) - (text in (")", "}", "]"))
            if depth == 0:
                return tuple(tuple(part) for part in parts), marks
            if depth == 1 and text in (",", ";", "|", r"\mid", r"\|", r"\parallel"):
                marks.append("|" if text == r"\mid" else text)
                parts.append([])
            elif depth > 1 or text != "(":
                parts[-1].append(text)
        return None, []

    def inside(self, start: int, end: int) -> int:
        """Where what a group has in it ends."""
        return end - (self.texts[start - 1 : start] == ["{"] and self.texts[end - 1 : end] == ["}"])

    def behind_square(self, at: int) -> int:
        if self.texts[at : at + 1] != ["["]:
            return at
        return next((n + 1 for n in range(at, len(self.texts)) if self.texts[n] == "]"), at)

    def factor_end(self, at: int) -> int:
        """Where the factor that begins here ends, with its scripts and the bracket behind a name."""
        texts = self.texts
        if at >= len(texts):
            return at
        if texts[at] in _FRACTIONS:
            end = group(texts, group(texts, at + 1)[1])[1]
        elif texts[at] in _OPEN:
            end = self.closing(at)
        elif texts[at] == "{":
            end = group(texts, at)[1]
        else:
            end = at + 1
        while texts[end : end + 1] in (["^"], ["_"], ["'"]):
            end = end + 1 if texts[end] == "'" else group(texts, end + 1)[1]
        if is_name(texts[at]) and texts[end : end + 1] == ["("]:
            end = self.closing(end)
        return end

    def closing(self, at: int) -> int:
        depth = 0
        for end in range(at, len(self.texts)):
            depth += (self.texts[end] in _OPEN) - (self.texts[end] in _OPEN.values())
            if depth == 0:
                return end + 1
        return len(self.texts)


def occurrences(texts: list[str]) -> list[Occurrence]:
    r"""The names in the tokens of a formula, in print order where nothing is differentiated.

    Sum signs, known functions, the d of differentials, the e of exponentials and words of the prose are no names.

    >>> [(one.name, one.sub, one.by) for one in occurrences(r"\frac { d x } { d t } = v _ 1".split())]
    [('t', (), ()), ('x', (), ('t',)), ('v', ('1',), ())]
    """
    scan = _Scan(texts)
    scan.range(0, len(texts), frozenset())
    return scan.found


def is_name(text: str) -> bool:
    """Whether a token may be the letter of a symbol."""
    return bool(_NAME.match(text)) and text not in _NOT_NAMES and not _WORDS.match(text)


def group(texts: list[str], at: int) -> tuple[int, int]:
    """Where a script or a part of a fraction begins, behind its brace, and where what follows it begins."""
    if texts[at : at + 1] != ["{"]:
        return at, min(at + 1, len(texts))
    depth = 0
    for end in range(at, len(texts)):
        depth += (texts[end] == "{") - (texts[end] == "}")
        if depth == 0:
            return at + 1, end + 1
    return at + 1, len(texts)


def sums(texts: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Of each sum and product sign with something below it: what stands below and above."""
    for at, text in enumerate(texts):
        if text not in (r"\sum", r"\prod") or texts[at + 1 : at + 2] != ["_"]:
            continue
        start, end = group(texts, at + 2)
        below = texts[start : end - (texts[start - 1] == "{")]
        above: list[str] = []
        if texts[end : end + 1] == ["^"]:
            first, last = group(texts, end + 1)
            above = texts[first : last - (texts[first - 1] == "{")]
        yield below, above


def has_differential(texts: list[str]) -> bool:
    """Whether a d of a derivative or of a measure stands in the tokens of a formula."""
    if r"\int" in texts and any(text == "d" and is_name(after) for text, after in pairwise(texts)):
        return True
    for at, text in enumerate(texts):
        if text in _FRACTIONS and texts[at + 1 : at + 3] == ["{", "d"]:
            bottom = group(texts, at + 1)[1]
            if texts[bottom : bottom + 2] == ["{", "d"]:
                return True
    return False


def left_side(texts: list[str]) -> Occurrence | None:
    """The name, with indices and brackets, that an equation has alone on its left side; None if there is no such."""
    scan = _Scan(texts)
    if not texts or not is_name(texts[0]):
        return None
    end = scan.factor_end(0)
    if texts[end : end + 1] not in (["="], [r"\equiv"]):
        return None
    scan.name(0, frozenset())
    found = scan.found[0]
    return found if found.sup in ((), ("*",)) else None
