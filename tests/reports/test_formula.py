"""Which formulas are typeset, and what the page makes of them."""

from __future__ import annotations

import random
from xml.etree import ElementTree

import pytest

from reports.formula import COMMANDS, ENVIRONMENTS, is_prose, normalise, pieces, problem
from reports.mathml import mathml

M = "{http://www.w3.org/1998/Math/MathML}"


def tags(latex: str) -> list[str]:
    markup = mathml(normalise(latex))
    assert markup is not None
    return [element.tag for element in ElementTree.fromstring(markup).iter()]


@pytest.mark.parametrize(
    "latex",
    [
        r"\mathbf{r}'_{1:M}{}^{(d)}",
        r"\mathbf{v}_{1:M}^{(d)T} \mathbf{K} \mathbf{v}_{1:M}^{(d)}",
        r"\left| \langle b | \hat{\lambda}(\tilde{x}) |\alpha\rangle \right|^2",
        r"q^* = \underset{\phi}{\text{arg min}}\, D_{KL}(q \parallel p)",
        r"\begin{bmatrix} 1 & \cdots \\ \vdots & \ddots \end{bmatrix}",
        r"(W-I)_{i}^{\phantom{i}j}\phi_{j}+{\cal V}(\phi) - {\bf x}",
        r"\displaystyle\frac{d\phi}{dt} \not\equiv 0",
    ],
)
def test_the_hard_lines_of_the_papers_are_set(latex):
    assert problem(latex) is None
    assert "math" in tags(latex)


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"\input{x}", r"the command \\input is not a formula"),
        (r"\begin{verbatim}x\end{verbatim}", r"\\begin of an environment that is not a formula"),
        (r"\frac{a", r"{ does not end"),
        (r"a}", r"} closes nothing"),
        (r"\left( a", r"\\left does not end"),
        (r"\left a \right)", r"\\left stretches no bracket"),
        (r"a^", r"nothing follows \^"),
        (r"a^^5cb", r"nothing follows \^"),
        (r"\text{a_b}", r"\\text holds a command"),
        ("50% of", "the character '%' is not a formula"),
        ("α", "the character 'α' is not a formula"),
        ("{" * 60 + "}" * 60, "nested too deeply"),
        ("x" * 30_000, "longer than"),
        ("", "empty"),
    ],
)
def test_what_is_not_set_says_why(latex, reason):
    with pytest.raises(ValueError, match=reason):
        raise ValueError(problem(latex))
    assert mathml(latex) is None


def test_the_rows_of_an_aligned_formula_become_cells():
    found = tags(r"\begin{aligned} a &= b \\ &\approx c \end{aligned}")
    assert found.count("mtr") == 2
    assert found.count("mtd") == 4
    assert "mtable" in tags(r"a &= b \\ c &= d")


def test_alphabets_are_letters_that_a_browser_has():
    assert "𝐱" in mathml(r"{\bf x}")
    assert "ℒ" in mathml(r"{\cal L}")
    assert "ℎ" in mathml(r"\mathit{h}")
    assert "mathvariant" not in mathml(r"{\bf x}{\cal V}")


def test_limits_go_below_a_sum_inside_brackets():
    assert "munder" in tags(r"\left( \sum_j J_j \right)")
    assert "msub" in tags(r"\left( J_j \right)")


def test_the_name_of_a_function_stands_apart_from_symbols_and_not_from_brackets():
    assert "<mspace" in mathml(r"2 \log(x)")
    assert "<mspace" in mathml(r"\log x")
    assert "<mspace" in mathml(r"f(x) \log(x)")
    assert "<mspace" not in mathml(r"-\log(x)")


def test_a_formula_with_a_missing_argument_is_not_set():
    assert mathml(r"\frac{a}") is None
    assert mathml(r"\sqrt") is None


def test_numbering_and_display_environments_are_not_part_of_a_formula():
    assert normalise(r"\begin{align} a &= b \label{x} \\[2pt] c &= d \tag{9} \end{align}").startswith(
        r"\begin{aligned}"
    )
    assert problem(normalise("\\begin{equation}\n a = b \\tag{8}\n\\end{equation}")) is None


def test_pieces_of_a_string():
    assert list(pieces("$a$ and $b$")) == [("math", "a"), ("text", " and "), ("math", "b")]
    assert list(pieces(r"costs \$5")) == [("text", "costs $5")]
    assert list(pieces("an odd $ sign")) == [("text", "an odd $ sign")]


def test_only_a_claim_is_prose():
    assert is_prose("claim", "the bound is tight")
    assert not is_prose("claim", r"D_{KL}(q \parallel p) \geq 0")
    assert not is_prose("equation", "the bound is tight")


def test_whatever_stands_in_a_formula_the_markup_is_well_formed():
    draw = random.Random(20240709)
    commands = ["\\" + name + " " for name in sorted(COMMANDS)]
    environments = [rf"\{end}{{{name}}}" for name in sorted(ENVIRONMENTS) for end in ("begin", "end")]
    signs = [*"abx12+-=<>()[]|,;:.'\"!?/*", "{", "}", "{a}", "_", "^", "_i", "^2", "&", "\\\\", r"\{", r"\}", "<b>"]
    converted = 0
    for _ in range(3000):
        latex = normalise(
            "".join(draw.choice(draw.choice((signs, signs, commands, environments))) for _ in range(draw.randint(1, 9)))
        )
        markup = mathml(latex)
        if markup is not None:
            converted += 1
            root = ElementTree.fromstring(markup)
            assert root.find(".//annotation").text == latex
    assert converted > 300
