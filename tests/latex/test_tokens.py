"""Tokens: what carries meaning is kept whole, layout makes no token, and nothing is passed over in silence."""

import pytest

from derive.errors import ReadError
from derive.latex.tokens import LAYOUT, replace_tokens, tokens


def texts(source: str) -> list[str]:
    return [token.text for token in tokens(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"\mathcal P", [r"\mathcal{P}"]),
        (r"\vec{\mathbf{r}}_{1:M}", [r"\vec{\mathbf{r}}", "_", "{", "1", ":", "M", "}"]),
        (r"\mathbf { x }", [r"\mathbf{x}"]),
        (r"12.5 a", ["12.5", "a"]),
        (r"a % a comment" + "\n+ b", ["a", "+", "b"]),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", ["a", "=", "b", "=", "c"]),
        (r"a + b.", ["a", "+", "b"]),
        (r"a + b,", ["a", "+", "b"]),
        (r"\phi_{\bf i+e_\mu}j", [r"\phi", "_", "{", r"\mathbf{i}", "+", r"\mathbf{e}", "_", r"\mu", "}", "j"]),
        (r"{\cal H(\phi, b)}", ["{", r"\mathcal{H}", "(", r"\phi", ",", r"\mathcal{b}", ")", "}"]),
        (r"\tilde{\cal X}y", [r"\tilde{\mathcal{X}}", "y"]),
        (
            r"{\bf\tilde{x}\mathrm{y}{\it z}2}",
            ["{", r"\tilde{\mathbf{x}}", r"\mathrm{y}", "{", r"\mathit{z}", "}", "2", "}"],
        ),
        (r"\begin{pmatrix}\rm a & b\end{pmatrix}", [r"\begin{pmatrix}", r"\mathrm{a}", "&", "b", r"\end{pmatrix}"]),
        (r"B_i^{\phantom{\bf i}j}\phantom k", ["B", "_", "i", "^", "{", "j", "}"]),
        ("a +\n+ b", ["a", "+", "b"]),
        (r"a + + b", ["a", "+", "+", "b"]),
        (r"\begin{bmatrix} a & b \end{bmatrix}", [r"\begin{bmatrix}", "a", "&", "b", r"\end{bmatrix}"]),
    ],
)
def test_what_is_a_token(source: str, expected: list[str]) -> None:
    assert texts(source) == expected


@pytest.mark.parametrize("layout", sorted(LAYOUT))
def test_layout_makes_no_token(layout: str) -> None:
    assert texts(f"a {layout} ( b )") == ["a", "(", "b", ")"]


def test_offsets_are_places_in_the_source() -> None:
    source = r"a + \vec{\mathbf{r}}_i"
    assert [source[token.offset] for token in tokens(source)] == ["a", "+", "\\", "_", "i"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (r"\mathbf", r"\mathbf has nothing to apply to"),
        (r"\mathbf{}", r"\mathbf has nothing to apply to"),
        (r"\mathbf{x", "this { is never closed"),
        (r"\begin{aligned} a", r"\begin{aligned} is never closed"),
        (r"a \end{aligned}", r"\end{aligned} closes an environment that is not open"),
        (r"\begin{bmatrix} a \end{pmatrix}", r"\end{pmatrix} closes an environment that is not open"),
        (r"\begin{cases} a \end{cases}", "the environment cases cannot be read inside a formula"),
    ],
)
def test_errors(source: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        tokens(source)
    assert caught.value.message == message


def test_replacing_a_run_of_tokens_leaves_longer_names_alone() -> None:
    changed, count = replace_tokens(tokens(r"M \mathcal{M} + M"), ["M"], tokens("N"))
    assert [token.text for token in changed] == ["N", r"\mathcal{M}", "+", "N"]
    assert count == 2
