"""What ``derive new`` guesses of the symbols of a paper: right, or said to be open."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.new import new_encoding
from derive.notation import Declared, load_notation
from derive.paper import load_paper
from derive.verify import Verifier


@pytest.fixture
def started(tmp_path: Path):
    """Starts an encoding of these displays; its folder."""

    def start(*lines: str) -> Path:
        body = "\n".join(rf"\begin{{equation}} {line} \end{{equation}}" for line in lines)
        (tmp_path / "x.tex").write_text(rf"\begin{{document}} {body} \end{{document}}")
        new_encoding(tmp_path / "x.tex", tmp_path / "new")
        load_paper(tmp_path / "new")
        return tmp_path / "new"

    return start


@pytest.fixture
def guessed(started):
    """The symbols that are guessed of these displays, and whether each can be read."""

    def guess(*lines: str, scope: str = "main") -> dict[str, Declared]:
        return dict(load_notation(started(*lines) / "notation.toml").scopes[scope].symbols)

    return guess


def test_letters_at_one_place_are_indices_of_one_range(guessed, started, tmp_path: Path) -> None:
    found = guessed(
        r"s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}", r"\frac{\partial s_i}{\partial z_k} = s_i (\delta_{ik} - s_k)"
    )
    (range_,) = load_notation(tmp_path / "new" / "notation.toml").scopes["main"].ranges.values()
    assert (range_.size, range_.letters) == ("N", ("i", "j", "k"))
    assert found["z"].slots == found["s"].slots == (range_.name,)
    assert found[r"\delta"].kind == "delta"
    assert set(found) == {"s", "z", r"\delta"}


def test_a_name_beside_that_with_an_index_is_another_symbol(guessed) -> None:
    found = guessed(r"E = \sum_n p_n E_n", "S = E / T")
    assert found["E"].slots == ()
    assert found["E_{n}"].slots == found["p"].slots == ("rangeN",)


def test_functions_and_what_is_differentiated(guessed) -> None:
    found = guessed(
        r"\sigma(x) = \frac{1}{1+e^{-x}}",
        r"\frac{d\sigma}{dx} = \sigma(x)(1-\sigma(x))",
        r"\frac{\partial^2 u}{\partial t^2} = c^2 \frac{\partial^2 u}{\partial x^2}",
        r"g(t) = a (b + t)",
    )
    assert (found[r"\sigma"].kind, found[r"\sigma"].of) == ("function", ("x",))
    assert found[r"\sigma"].properties == {"smooth"}
    assert (found["u"].of, found["u"].properties) == (("t", "x"), {"smooth"})
    assert (found["g"].of, found["g"].properties) == (("t",), frozenset())
    assert found["a"].kind == found["x"].kind == "quantity"
    assert "d" not in found


def test_dots_are_derivatives_in_time(guessed) -> None:
    found = guessed(r"m \ddot{x} = -k x", r"\dot{q} = \frac{\partial H}{\partial p}", r"H(q, p) = p^2 + q^2")
    assert (found["x"].kind, found["x"].of) == ("function", ("t",))
    assert found["q"].kind == found[r"\dot{q}"].kind == found["t"].kind == "quantity"


def test_steps_in_arguments_are_whole_numbers(guessed) -> None:
    found = guessed(r"v(t+1) = \beta v(t)", r"v(t) = \beta^t v(0)", r"w(s+1) = w(s)", r"f(u + 1) = \frac{d f(u)}{du}")
    assert found["t"].domain == "nonnegative integer"
    assert found["s"].domain == "integer"
    assert found["u"].domain == "real"


def test_a_name_that_becomes_a_function_has_a_scope_from_there(guessed, started, tmp_path: Path) -> None:
    main = guessed(r"a = \mu_1 + \mu_2", r"\mu_1(t+1) = \mu_1(t) + \mu_2")
    later = load_notation(tmp_path / "new" / "notation.toml").scopes["main-2"]
    assert main[r"\mu_{1}"].kind == "quantity"
    assert later.symbols[r"\mu_{1}"].of == ("t",)
    assert later.symbols[r"\mu_{2}"].kind == "quantity"
    assert [line.scope for line in load_paper(tmp_path / "new").lines] == ["main", "main-2"]


def test_laws_and_what_follows_them(guessed) -> None:
    found = guessed(
        r"L = \mathbb{E}_{q_\phi(z|x)}[\log p_\theta(x, z) - \log q_\phi(z|x)]",
        r"p_\theta(x) = L + D(q_\phi(z|x) \| p_\theta(z|x)) + \phi + \theta",
    )
    assert found[r"p_{\theta}"].kind == found[r"q_{\phi}"].kind == "density"
    assert found[r"p_{\theta}"].parameters == (r"\theta",)
    assert (found["z"].law, found["x"].law) == (r"q_{\phi}", r"p_{\theta}")
    expectation = found[r"\mathbb{E}_{q_\phi(z|x)}"]
    assert (expectation.kind, expectation.law, expectation.given) == ("expectation", r"q_{\phi}", ("x",))
    assert found["D"].kind == "divergence"


def test_what_the_print_suggests_is_a_question(started) -> None:
    text = (
        started(r"T = 2 \pi \sqrt{\frac{m}{k}}", r"\ell = \log n + a (b + 1)", "c = F (x - c t)") / "notation.toml"
    ).read_text()
    said = {line.partition(" = ")[0]: line.partition("#")[2] for line in text.splitlines()}
    assert "positive? It stands under a root" in said["'m'"]
    assert "positive? It stands in a logarithm" in said["'n'"]
    assert "a factor of the bracket behind it, not a function?" in said["'F'"]
    assert "positive" not in said["'a'"]
    assert 'domain = "' not in text


def test_two_equations_in_a_display_are_two_lines(started) -> None:
    folder = started(r"\omega = c k, \qquad c = \frac{1}{\sqrt{m}}", r"a_n = n, \quad n = 1, 2, 3", "b = c")
    assert [line.number for line in load_paper(folder).lines] == ["1a", "1b", "2", "3"]


def test_a_line_that_cannot_be_read_says_why(started) -> None:
    text = (started("a = b", r"x_\pm = a \pm b") / "paper.tex").read_text()
    assert r"% TODO (2): with this notation it cannot be read: \pm is not in the notation" in text
    assert "(1): with this notation" not in text
    assert "% TODO (1): that it introduces a (by: definition)" in text


FIELDS = {
    "softmax": [r"s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}", r"L = -\sum_i y_i \log s_i"],
    "filter": [r"K_k = \frac{P_{k|k-1} h}{h^2 P_{k|k-1} + r}", "P_{k|k} = (1 - K_k h) P_{k|k-1}"],
    "oscillator": [r"x(t) = A \cos(\omega t + \varphi)", r"E = \frac{1}{2} m \dot{x}^2 + \frac{1}{2} k x^2"],
    "partition function": [
        r"Z = \sum_n e^{-\beta E_n}",
        r"p_n = \frac{1}{Z} e^{-\beta E_n}",
        r"F = -\frac{\ln Z}{\beta}",
    ],
    "regression": [
        r"L(w, b) = \frac{1}{N} \sum_{i=1}^N (y_i - w x_i - b)^2",
        r"w^* = \frac{\sum_{i=1}^N x_i y_i}{\sum_{i=1}^N x_i^2}",
    ],
    "diffusion": [r"\alpha_t = 1 - \beta_t", r"x_t = \sqrt{\bar\alpha_t} x_0 + \sqrt{1-\bar\alpha_t} \epsilon"],
    "attention": [
        r"a_{ij} = \frac{\exp(q_i k_j / \sqrt{d})}{\sum_{l=1}^n \exp(q_i k_l/\sqrt{d})}",
        r"o_i = \sum_{j=1}^n a_{ij} v_j",
    ],
    "wave": [r"\psi(x,t) = A e^{i(kx-\omega t)}", r"c = \frac{\omega}{k}"],
}


@pytest.mark.parametrize("lines", FIELDS.values(), ids=FIELDS)
def test_definitions_of_many_fields_are_read_with_what_is_guessed(started, lines: list[str]) -> None:
    folder = started(*lines)
    text = (folder / "paper.tex").read_text()
    assert "cannot be read" not in text
    stubs = [line for line in text.splitlines() if line.startswith("% TODO")]
    for stub in stubs:
        assert "that it introduces" in stub.partition(",")[0]
        text = text.replace(stub, "% by: definition")
    (folder / "paper.tex").write_text(text)
    verifier = Verifier(load_paper(folder))
    assert {verifier.result(line.number).verdict for line in verifier.paper.lines} == {"definition"}
