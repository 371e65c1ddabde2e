r"""From LaTeX source to tokens.

A letter under fonts and accents is one token, its *nucleus*: ``\vec{\mathbf{r}}``, ``\mathcal{P}``, ``\text{diag}``;
so is the difference ``\Delta t``.
So re-reading ``M`` as ``N`` touches no ``\mathcal{M}``. The old switches ``{\bf i}``, ``{\cal X}`` are read as the fonts
that they are: a switch holds for the letters up to the end of its group. Layout (spaces, ``\phantom``, ``\left``, ``\quad``, alignment marks, the
punctuation that ends a display) makes no token, everything else does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from derive.errors import ReadError

FONTS = frozenset(
    rf"\{name}"
    for name in [
        "mathbf",
        "mathcal",
        "mathbb",
        "mathrm",
        "mathit",
        "mathsf",
        "boldsymbol",
        "bm",
        "text",
        "textbf",
        "textrm",
        "operatorname",
        "vec",
        "hat",
        "tilde",
        "bar",
        "dot",
        "ddot",
        "overline",
    ]
)
LAYOUT = frozenset(
    [
        r"\left",
        r"\right",
        r"\big",
        r"\Big",
        r"\bigg",
        r"\Bigg",
        r"\bigl",
        r"\bigr",
        r"\Bigl",
        r"\Bigr",
        r"\biggl",
        r"\biggr",
        r"\displaystyle",
        r"\textstyle",
        r"\,",
        r"\;",
        r"\:",
        r"\!",
        r"\quad",
        r"\qquad",
        r"~",
        r"\nonumber",
        r"\notag",
        r"\therefore",
        r"\limits",
        r"\nolimits",
    ]
) | {"\\ "}
SWITCHES = {r"\bf": "mathbf", r"\cal": "mathcal", r"\rm": "mathrm", r"\it": "mathit"}
"""The old font switches, each with the font that it puts the letters behind it in."""
_ACCENTS = frozenset(rf"\{name}" for name in ("vec", "hat", "tilde", "bar", "dot", "ddot", "overline"))
MATRICES = frozenset({"bmatrix", "pmatrix", "matrix"})
_SIDES = {rf"\{name}": "left" for name in ("left", "bigl", "Bigl", "biggl")} | {
    rf"\{name}": "right" for name in ("right", "bigr", "Bigr", "biggr")
}
_LEXEME = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|[^\s]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula that carries meaning; ``offset`` is where it starts in the source."""

    text: str
    offset: int
    side: str = field(default="", compare=False)
    """Whether a fence was printed as opening or closing, by a \\left or \\right before it; else empty."""

    def __str__(self) -> str:
        return self.text


def lexemes(source: str) -> list[Token]:
    """Control words, control symbols, numbers and single characters; comments and spaces left out."""
    bare = re.sub(r"(?<!\\)%[^\n]*", lambda found: " " * len(found.group()), source)
    return [Token(found.group(), found.start()) for found in _LEXEME.finditer(bare)]


def tokens(source: str) -> list[Token]:
    """The tokens of a formula, fonts and environments joined, layout left out.

    >>> [t.text for t in tokens(r"\\left| \\vec{\\mathbf{r}}'_{1:N} \\right|^{2}.")]
    ['|', '\\\\vec{\\\\mathbf{r}}', "'", '_', '{', '1', ':', 'N', '}', '|', '^', '{', '2', '}']
    """
    raw = _without_switches(lexemes(source))
    result: list[Token] = []
    environments: list[str] = []
    position = 0
    while position < len(raw):
        token = raw[position]
        if token.text in FONTS:
            if token.text == r"\text" and [t.text for t in raw[position + 1 : position + 3]] == ["{", "}"]:
                position += 3
                continue
            text, position = _nucleus(raw, position)
            result.append(Token(text, token.offset))
            continue
        if token.text in (r"\begin", r"\end"):
            name, position = _braced(raw, position + 1)
            if token.text == r"\begin":
                environments.append(name)
            elif not environments or environments.pop() != name:
                raise ReadError(f"\\end{{{name}}} closes an environment that is not open", token.offset)
            if name in MATRICES:
                result.append(Token(rf"{token.text}{{{name}}}", token.offset))
            elif name not in ("aligned", "split", "gathered"):
                raise ReadError(f"the environment {name} cannot be read inside a formula", token.offset)
            continue
        if token.text == r"\Delta" and position + 1 < len(raw) and raw[position + 1].text.isalpha():
            result.append(Token(rf"\Delta {raw[position + 1].text}", token.offset))
            position += 2
            continue
        position += 1
        inside_matrix = bool(environments) and environments[-1] in MATRICES
        if token.text in LAYOUT or (token.text in ("&", r"\\") and not inside_matrix):
            continue
        if token.text == "+" and result and result[-1].text == "+" and "\n" in source[result[-1].offset : token.offset]:
            continue  # a formula that is broken at a sign repeats it on the next line
        side = _SIDES.get(raw[position - 2].text, "") if position >= 2 else ""
        result.append(replace(token, side=side) if side else token)
    if environments:
        raise ReadError(f"\\begin{{{environments[-1]}}} is never closed", raw[-1].offset)
    while result and result[-1].text in (".", ",", ";"):
        result.pop()
    return result


def _without_switches(raw: list[Token]) -> list[Token]:
    r"""The lexemes with each letter behind a font switch in its font; the groups of \phantom left out.

    Raises ReadError for a \phantom that has nothing to apply to.
    """
    if not any(token.text in SWITCHES or token.text == r"\phantom" for token in raw):
        return raw
    result: list[Token] = []
    font = ""
    outer: list[str] = [""]
    position = 0
    while position < len(raw):
        token = raw[position]
        text = token.text
        position += 1
        if text == r"\phantom":
            if position >= len(raw):
                raise ReadError(r"\phantom has nothing to apply to", token.offset)
            position = _braced(raw, position)[1] if raw[position].text == "{" else position + 1
        elif text in SWITCHES:
            font = SWITCHES[text]
        elif text in (r"\begin", r"\end") or (text in FONTS and text not in _ACCENTS):
            end = position
            if position < len(raw):
                end = _braced(raw, position)[1] if raw[position].text == "{" else position + 1
            result += raw[position - 1 : end]
            position = end
            if text == r"\begin":
                outer.append(font)
            elif text == r"\end" and len(outer) > 1:
                font = outer.pop()
        elif len(text) == 1 and text.isalpha() and font:
            result.append(replace(token, text=rf"\{font}{{{text}}}"))
        else:
            if text == "{":
                outer.append(font)
            elif text == "}" and len(outer) > 1:
                font = outer.pop()
            elif text in ("&", r"\\"):
                font = outer[-1]
            result.append(token)
    return result


def _nucleus(raw: list[Token], position: int) -> tuple[str, int]:
    """A font or accent with what it applies to, as one text without spaces."""
    command = raw[position].text
    if position + 1 >= len(raw):
        raise ReadError(f"{command} has nothing to apply to", raw[position].offset)
    if raw[position + 1].text != "{":
        inner = raw[position + 1].text
        return f"{command}{{{inner}}}", position + 2
    text, end = _braced(raw, position + 1)
    if not text:
        raise ReadError(f"{command} has nothing to apply to", raw[position].offset)
    return f"{command}{{{text}}}", end


def _braced(raw: list[Token], position: int) -> tuple[str, int]:
    """The text of a braced group, without spaces, and the position after it."""
    if position >= len(raw) or raw[position].text != "{":
        where = raw[min(position, len(raw) - 1)].offset
        raise ReadError("a { was expected here", where)
    depth = 0
    parts: list[str] = []
    for at in range(position, len(raw)):
        text = raw[at].text
        depth += (text == "{") - (text == "}")
        if depth == 0:
            return "".join(parts)[1:], at + 1
        parts.append(text)
    raise ReadError("this { is never closed", raw[position].offset)


def replace_tokens(source: list[Token], old: list[str], new: list[Token]) -> tuple[list[Token], int]:
    """Every run of tokens equal to ``old`` replaced by ``new``, and how many there were."""
    result: list[Token] = []
    count = position = 0
    while position < len(source):
        if [token.text for token in source[position : position + len(old)]] == old:
            result.extend(Token(token.text, source[position].offset) for token in new)
            position += len(old)
            count += 1
        else:
            result.append(source[position])
            position += 1
    return result, count
