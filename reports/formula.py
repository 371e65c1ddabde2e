"""What a formula may contain before a report typesets it.

A report shows LaTeX that came out of somebody's file. TeX is a programming language, so a formula is typeset only if
every token of it is on the lists below and its brackets close; otherwise the writers show its source as text. The
same rule holds for the page, so that all surfaces show a line alike.

    >>> problem(r"\\frac{1}{2} m v^2") is None
    True
    >>> problem(r"\\input{/etc/passwd}")
    'the command \\\\input is not a formula'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

GREEK = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi
omega varepsilon vartheta varpi varrho varsigma varphi Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"""
SYMBOLS = """partial nabla infty hbar ell Re Im aleph emptyset forall exists neg prime dagger ddagger ast star circ
bullet cdot times div pm mp oplus otimes odot wedge vee cap cup setminus to gets rightarrow leftarrow leftrightarrow
Rightarrow Leftarrow Leftrightarrow longrightarrow mapsto iff implies eq ne neq equiv approx sim simeq cong propto
le leq ge geq ll gg lt gt in notin ni subset subseteq supset supseteq parallel perp mid therefore because cdots ldots
dots vdots ddots langle rangle lvert rvert lVert rVert lfloor rfloor lceil rceil vert Vert lbrace rbrace lbrack
rbrack"""
OPERATORS = """sum prod int iint oint bigcup bigcap bigoplus bigotimes lim max min sup inf arg det exp log ln sin cos
tan sinh cosh tanh arctan Pr dim ker deg gcd operatorname limits nolimits"""
LAYOUT = """frac dfrac tfrac binom sqrt left right middle big Big bigl bigr Bigl Bigr bigg Bigg biggl biggr Biggl Biggr
underset overset stackrel underbrace overbrace displaystyle textstyle scriptstyle phantom quad qquad begin end"""
ACCENTS = "hat widehat tilde widetilde bar overline underline vec dot ddot check breve overrightarrow not"
ALPHABETS = "mathbf mathcal mathbb mathrm mathit mathsf mathtt mathfrak boldsymbol text textrm bf cal rm it"
COMMANDS = frozenset(" ".join([GREEK, SYMBOLS, OPERATORS, LAYOUT, ACCENTS, ALPHABETS]).split())
CONTROL_SYMBOLS = frozenset("\\{}|,;:!># ")
LAYOUTS_OF_CELLS = """aligned alignedat gathered split cases matrix pmatrix bmatrix vmatrix Vmatrix smallmatrix array"""
ENVIRONMENTS = frozenset(LAYOUTS_OF_CELLS.split())

LONGEST = 20_000
DEEPEST = 40
TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|.", re.DOTALL)
NUMBERING = re.compile(r"\\(?:tag\*?|label)\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])")
DISPLAY = re.compile(r"\s*\\begin\{(equation|align|gather|multline)\*?\}(.*)\\end\{\1\*?\}\s*", re.DOTALL)
ROW_SKIP = re.compile(r"(\\\\)\s*\*?\s*(?:\[[^\]\[]{0,12}(?:pt|em|ex|mm|cm)\s*\])?")
BRACKET = re.compile(r"[()\[\]|/.<>]|\\(?:[{}|]|[lr](?:angle|[vV]ert|floor|ceil|brace|brack)|[vV]ert)(?![A-Za-z])")
STRETCHED = frozenset(
    rf"\{name}" for name in LAYOUT.split() if name.lower().startswith(("left", "right", "middle", "big"))
)
WORDS = frozenset((r"\text", r"\textrm", r"\operatorname"))
INLINE = re.compile(r"(?<!\\)\$([^$]+)(?<!\\)\$")
DOUBLED = re.compile(r"((?:\\[A-Za-z]+(?:\{[^{}]*\})?|[A-Za-z])_\{[^{}]*\})(?=_)")
WORDS_BEFORE = re.compile(r"(?:[a-z][a-z0-9-]+ )+")
PROSE = re.compile(r"\$|[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}")


def normalise(latex: str) -> str:
    """The formula alone: without its number, its display environment and line breaks of the source.

    >>> normalise(r"\\begin{equation} a = b \\tag{8} \\end{equation}")
    'a = b'
    """
    display = DISPLAY.fullmatch(latex)
    body = display.group(2) if display else latex
    body = ROW_SKIP.sub(r"\1 ", NUMBERING.sub("", body))
    body = re.sub(r"\s+", " ", body).strip()
    bare = "\\begin{" not in body and re.search(r"(?<!\\)&|\\\\", body)
    return rf"\begin{{aligned}} {body} \end{{aligned}}" if bare else body


def problem(latex: str) -> str | None:
    """The first reason why a normalised formula cannot be typeset, or None if it can."""
    if len(latex) > LONGEST:
        return f"the formula is longer than {LONGEST} characters"
    if not latex:
        return "the formula is empty"
    opened: list[str] = []
    tokens = TOKEN.findall(latex)
    for place, token in enumerate(tokens):
        after = tokens[place + 1 : place + 200]
        fault = _command(token) if token.startswith("\\") else _character(token)
        fault = fault or _nesting(token, after, opened) or _following(token, after)
        if fault:
            return fault
    return f"{opened[-1]} does not end" if opened else None


def pieces(text: str) -> Iterator[tuple[Literal["text", "math"], str]]:
    """A string of an evidence field, cut at the formulas between dollars.

    >>> list(pieces("for $N$ particles"))
    [('text', 'for '), ('math', 'N'), ('text', ' particles')]
    """
    for place, piece in enumerate(INLINE.split(text)):
        if place % 2:
            yield "math", single_subscripts(normalise(piece))
        elif piece:
            yield "text", piece.replace(r"\$", "$")


def symbol(name: str) -> tuple[str, str, str] | None:
    """The name of a value in a witness: words, its formula, and words behind it; None for a name that is no symbol.

    >>> symbol("r_{bn}_{1}, then"), symbol("the weight of x(2)"), symbol("beta")
    (('', '{r_{bn}{}}_{1}', ', then'), ('the weight of ', 'x(2)', ''), None)
    """
    before = WORDS_BEFORE.match(name)
    words = before[0] if before else ""
    head, comma, after = name[len(words) :].partition(", ")
    if not re.fullmatch("[a-z0-9 ]*", after):
        head, comma, after = name[len(words) :], "", ""
    formula = single_subscripts(normalise(head))
    if "\\" in formula or len(re.split("[_^'(]", formula.lstrip("{"))[0]) == 1:
        return words, formula, comma + after
    return None


def single_subscripts(formula: str) -> str:
    """The same formula where a name with a subscript of its own has an index behind it, as `r_{bn}_{1}`.

    >>> single_subscripts("a = J_{0i}_{1}")
    'a = {J_{0i}{}}_{1}'
    """
    return DOUBLED.sub(r"{\1{}}", formula)


def is_prose(kind: str, latex: str) -> bool:
    """Whether a claim, or its correction, is a sentence and not a formula."""
    return kind == "claim" and bool(PROSE.search(re.sub(r"\\[a-z]+\{[^{}]*\}", "", latex)))


def _command(token: str) -> str | None:
    name = token[1:]
    if name in COMMANDS or name in CONTROL_SYMBOLS:
        return None
    return f"the command {token} is not a formula"


def _character(token: str) -> str | None:
    if token in '$%#~`"\\' or not token.isprintable() or not token.isascii():
        return f"the character {token!r} is not a formula"
    return None


def _nesting(token: str, after: list[str], opened: list[str]) -> str | None:
    """Open and close braces, environments and stretched brackets, in place on the stack `opened`."""
    if token in (r"\begin", r"\end"):
        name = re.match(r"\{([a-zA-Z]+)\}", "".join(after))
        if name is None or name.group(1) not in ENVIRONMENTS:
            return f"{token} of an environment that is not a formula"
        here = rf"\begin{{{name.group(1)}}}"
    else:
        here = {"}": "{", r"\right": r"\left"}.get(token, token)
    if token in ("{", r"\left", r"\begin"):
        opened.append(here)
        return "the formula is nested too deeply" if len(opened) > DEEPEST else None
    if token in ("}", r"\right", r"\end") and (not opened or opened.pop() != here):
        return f"{token} closes nothing"
    if token in ("&", "\\\\") and not any(name.startswith(r"\begin") for name in opened):
        return f"{token} outside an environment"
    return None


def _following(token: str, after: list[str]) -> str | None:
    """What a script, a stretched bracket or words must be followed by."""
    rest = "".join(after).lstrip()
    if token in ("^", "_") and (not rest or rest[0] in "}&^_'"):
        return f"nothing follows {token}"
    if token in STRETCHED and not BRACKET.match(rest):
        return f"{token} stretches no bracket"
    if token in WORDS:
        words = re.match(r"\{([^{}\\^_&]*)\}", rest)
        return None if words else f"{token} holds a command"
    return None


RELATIONS = r"= < > \approx \simeq \sim \equiv \propto \leq \geq \le \ge \ll \gg \neq \ne \to \rightarrow \mapsto \in"
RELATION = frozenset(RELATIONS.split())
SIGN = frozenset(("+", "-", r"\pm", r"\mp"))
OPENS = {"(": ")", "[": "]", "{": "}", r"\{": r"\}", r"\left": r"\right", r"\begin": r"\end"}
FACTORS = r"\left \langle \int \sum \prod \mathbb \mathcal \log \frac \exp \text \hat \vec \Big \bigl"
FACTOR = frozenset(FACTORS.split())
BROAD = 90  # characters of a term from which on it may be broken between its factors
WITH_ARGUMENT = frozenset(("^", "_", r"\not", r"\hat", r"\vec", r"\tilde", r"\sqrt", r"\frac"))
NARROW = 40  # characters that stay together there


def terms(latex: str) -> list[tuple[str, str]]:
    """A normalised formula cut where a line of text may break: before its relations and the signs between its terms.

    Each part comes with what it starts with: a relation, a sign, or nothing. Nothing inside brackets is cut.

    >>> terms(r"a = \\left( b + c \\right) - d")
    [('', 'a'), ('=', '= \\\\left( b + c \\\\right)'), ('-', '- d')]
    """
    parts: list[tuple[str, list[str]]] = [("", [])]
    opened: list[str] = []
    before = ""
    for token in TOKEN.findall(latex):
        if not opened and before not in ("^", "_", r"\not", r"\text"):
            sign = token in SIGN and before not in RELATION | SIGN | {"", "&", "\\\\"}
            if (token in RELATION and before not in RELATION) or sign:
                parts.append((token, []))
        parts[-1][1].append(token)
        if opened and token == OPENS[opened[-1]]:
            opened.pop()
        elif token in OPENS and before not in (r"\left", r"\right"):
            opened.append(token)
        before = before if token.isspace() else token
    return [(sign, "".join(part).strip()) for sign, part in parts if "".join(part).strip()]


def factors(term: str) -> list[str]:
    """A long term cut between factors, where a line of text may break if it must.

    >>> factors(r"= a \\int dx f")
    ['= a \\\\int dx f']
    """
    parts: list[list[str]] = [[]]
    opened: list[str] = []
    before = ""
    if len(term) <= BROAD:
        return [term]
    for token in TOKEN.findall(term):
        free = not opened and before not in WITH_ARGUMENT and before not in RELATION | SIGN
        if free and token in FACTOR and len("".join(parts[-1])) >= NARROW:
            parts.append([])
        parts[-1].append(token)
        if opened and token == OPENS[opened[-1]]:
            opened.pop()
        elif token in OPENS and before not in (r"\left", r"\right"):
            opened.append(token)
        before = before if token.isspace() else token
    return ["".join(part).strip() for part in parts]


FONTS = {r"\bf": r"\mathbf", r"\cal": r"\mathcal", r"\rm": r"\mathrm", r"\it": r"\mathit"}


def modern(latex: str) -> str:
    """The same LaTeX with fonts that hold up to the end of their group written as commands with an argument.

    >>> modern(r"{\\cal H}_{\\bf i+e_{\\mu}}")
    '{\\\\mathcal{ H}}_{\\\\mathbf{ i+e_{\\\\mu}}}'
    """
    written: list[str] = []
    pending = [0]  # how many fonts are open in each group
    for token in TOKEN.findall(latex):
        if token in FONTS:
            pending[-1] += 1
            written.append(FONTS[token] + "{")
            continue
        if token in ("}", "&", "\\\\", "$", r"\]"):
            written.append("}" * pending[-1])
            pending[-1] = 0
        if token == "{":
            pending.append(0)
        elif token == "}" and len(pending) > 1:
            pending.pop()
        written.append(token)
    return "".join(written) + "}" * pending[-1]
