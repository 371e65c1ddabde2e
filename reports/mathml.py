"""Formulas of a page: LaTeX to MathML, rebuilt from a short list of elements.

latex2mathml does the reading. It writes what stands in `\\text{…}` into the markup as it is, leaves unknown commands
in the output, does not know `aligned`, and marks alphabets by an attribute that browsers ignore. So its tree is
never serialised: it is walked, every element and attribute has to be on the list below, every text is escaped here,
and the result is repaired on the way. What does not pass is None, and the page shows the LaTeX instead.

References: MathML Core (W3C) for which attributes a browser honours; Unicode 15, Mathematical Alphanumeric Symbols.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from itertools import zip_longest
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

from reports.formula import problem

MARKUP = """math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd
mstyle mphantom mpadded"""
SETTINGS = """display displaystyle scriptlevel form fence stretchy accent accentunder minsize maxsize linethickness
width lspace rspace movablelimits class"""
ELEMENTS = frozenset(MARKUP.split())
ATTRIBUTES = frozenset(SETTINGS.split())
VALUE = re.compile(r"[A-Za-z0-9.+\- ]{1,40}")
CODE_POINT = re.compile(r"&#x([0-9A-Fa-f]{2,6});")
LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
WITH_LIMITS = frozenset("∑∏⋃⋂⨁⨂") | {"lim", "max", "min", "sup", "inf"}
# First code points of a mathematical alphabet: capital and small Latin, capital and small Greek, digits.
ALPHABETS = {
    "bold": (0x1D400, 0x1D41A, 0x1D6A8, 0x1D6C2, 0x1D7CE),
    "italic": (0x1D434, 0x1D44E, 0x1D6E2, 0x1D6FC, None),
    "bold-italic": (0x1D468, 0x1D482, 0x1D71C, 0x1D736, 0x1D7CE),
    "script": (0x1D49C, 0x1D4B6, None, None, None),
}
RANGES = ("AZ", "az", "ΑΩ", "αω", "09")
ELSEWHERE = {0x1D455: "ℎ"} | {
    0x1D49C + ord(letter) - ord("A"): there for letter, there in zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True)
}
ARITY = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
SPACES = {"negativethinmathspace": "-0.167em"}
ARROW = '<mpadded width="0.4em" lspace="-0.18em">{}</mpadded>'  # not wider than the letter below it
# A prime is as tall in the font as it is to be seen: it is set one size larger than the script it is, and lower.
PRIME = '<mpadded voffset="-0.35em" height="0.3em"><mstyle scriptlevel="-1">{}</mstyle></mpadded>'
PRIMES = frozenset("′″‴")
CLOSING = frozenset(")]}|")
PUNCTUATION = frozenset(";,")
UNKNOWN_TO_THE_READER = ((r"\\arg(?![A-Za-z])", r"\\operatorname{arg}"), (r"\\textrm(?![A-Za-z])", r"\\text"))


@lru_cache(maxsize=4096)
def mathml(latex: str, display: bool = False) -> str | None:
    """The formula as a `<math>` element that carries its LaTeX as annotation; None if it cannot be converted.

    >>> print(mathml("a < b"))
    <math><semantics><mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow><annotation ...>a &lt; b</annotation>...</math>
    >>> mathml("\\\\input{x}") is None
    True
    """
    if problem(latex):
        return None
    try:
        tree = convert_to_element(_spelled_for_the_reader(latex))
        body = "".join(_rebuild(child) for child in tree)
    except Exception:  # whatever a hostile formula does to the converter, the page falls back to the LaTeX
        return None
    mode = ' display="block"' if display else ""
    note = f'<annotation encoding="application/x-tex">{escape(latex)}</annotation>'
    return f"<math{mode}><semantics>{body}{note}</semantics></math>"


def _spelled_for_the_reader(latex: str) -> str:
    """The same formula in the commands that the converter knows: aligned rows become an array of column pairs."""
    pairs = "rl" * 5
    latex = re.sub(r"\\begin\{(?:aligned|split)\}", rf"\\begin{{array}}{{{pairs}}}", latex)
    latex = re.sub(r"\\begin\{alignedat\}\s*\{\d+\}", rf"\\begin{{array}}{{{pairs}}}", latex)
    latex = latex.replace(r"\begin{gathered}", r"\begin{array}{c}")
    latex = re.sub(r"\\end\{(?:aligned|split|alignedat|gathered)\}", r"\\end{array}", latex)
    for pattern, spelling in UNKNOWN_TO_THE_READER:
        latex = re.sub(pattern, spelling, latex)
    return latex


def _rebuild(node: Element, accent: bool = False) -> str:
    """One element of the converter's tree as markup; raises ValueError for whatever is not on the lists."""
    tag = node.tag
    if tag not in ELEMENTS:
        raise ValueError(f"element {tag}")
    if len(node) != ARITY.get(tag, len(node)):
        raise ValueError(f"element {tag} with {len(node)} parts")
    attributes = {key: SPACES.get(value, value) for key, value in node.attrib.items() if key in ATTRIBUTES}
    text = CODE_POINT.sub(lambda code: chr(int(code.group(1), 16)), node.text or "")
    if tag != "mtext" and "\\" in text:
        raise ValueError(f"command {text}")
    tag, text, attributes = _repaired(node, tag, text, attributes, accent)
    written = "".join(f' {key}="{value}"' for key, value in sorted(attributes.items()) if VALUE.fullmatch(value))
    inside = escape(text, quote=False) + _children(node)
    markup = f"<{tag}{written}>{inside}</{tag}>"
    if text and text in PRIMES:
        return PRIME.format(markup)
    return ARROW.format(markup) if accent and text == "→" else markup


def _children(node: Element) -> str:
    """The children in order, with the thin space that TeX sets between a function's name and its bare argument."""
    parts = []
    children = list(node)
    for child, after in zip_longest(children, children[1:]):
        parts.append(_rebuild(child, accent=node.tag == "mover" and child is node[-1]))
        if node.tag in ("mrow", "mtd", "mstyle") and after is not None and _thin_space_between(child, after):
            parts.append('<mspace width="0.167em"></mspace>')
    return "".join(parts)


def _thin_space_between(left: Element, right: Element) -> bool:
    """Spacing of TeX beside the name of a function: next to a symbol or a stretched bracket, not to an operator."""
    if _is_name(left):
        return right.tag != "mo" or _is_name(right)
    closes = left.tag == "mo" and _decoded(left) in CLOSING
    return _is_name(right) and (closes or left.tag not in ("mo", "mspace"))


def _is_name(node: Element) -> bool:
    base = node[0] if node.tag in LIMITS and len(node) else node
    return base.tag in ("mi", "mo") and len(base.text or "") > 1 and str(base.text).isalpha()


def _repaired(
    node: Element, tag: str, text: str, attributes: dict[str, str], accent: bool
) -> tuple[str, str, dict[str, str]]:
    """What TeX would set differently: alphabets, limits, bars without space, accents, aligned cells."""
    variant = node.get("mathvariant")
    if tag in ("mi", "mn") and variant in ALPHABETS:
        text = "".join(_in_alphabet(letter, variant) for letter in text)
    elif tag == "mi" and len(text) == 1 and (variant == "normal" or "Α" <= text <= "Ω"):
        attributes = {"mathvariant": "normal"}
    if tag == "mo" and text == "∞":
        tag = "mi"
    elif tag == "mi" and text in PUNCTUATION:
        tag = "mo"
    elif tag == "mo" and text == "→" and accent:
        return "mo", text, {"stretchy": "false", "scriptlevel": "+1"}
    elif tag == "mo" and text.isalpha() and text.isascii():
        attributes = {**attributes, "lspace": "0", "rspace": "0"}
        if text in WITH_LIMITS:
            attributes["movablelimits"] = "true"
    elif tag == "mo" and text in "|‖" and text:
        attributes = {**attributes, "lspace": "0", "rspace": "0"}
    elif tag in LIMITS and node[0].tag == "mo" and _decoded(node[0]) in WITH_LIMITS:
        tag = LIMITS[tag]
    elif tag == "mover" and len(node) == 2 and node[1].tag == "mo":
        attributes = {**attributes, "accent": "true"}
    elif tag == "mtable":
        first = node.find(".//mtd")
        side = first.get("columnalign") if first is not None else None
        if side:
            attributes = {"class": "rows", "displaystyle": "true"}
    elif tag == "mtd" and node.get("columnalign") in ("left", "right"):
        attributes = {"class": str(node.get("columnalign"))}
    return tag, text, attributes


def _decoded(node: Element) -> str:
    return CODE_POINT.sub(lambda code: chr(int(code.group(1), 16)), node.text or "")


def _in_alphabet(letter: str, variant: str) -> str:
    """A letter or digit in a mathematical alphabet; the letter itself where the alphabet lacks it."""
    for (first, last), start in zip(RANGES, ALPHABETS[variant], strict=True):
        if start is not None and first <= letter <= last:
            point = start + ord(letter) - ord(first)
            return ELSEWHERE.get(point, chr(point))
    return letter
