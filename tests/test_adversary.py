r"""Little papers that try to get a false statement proved, or a true one refuted; each with the verdicts it must have.

A block of text is one line of a paper, its annotation above it; without one it is ``by: exact``. ``error`` stands
for an EncodingError, and ``not proved`` for any verdict that does not say that the line holds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import EncodingError
from derive.paper import load_paper
from derive.verify import Verifier

NOTATION = r"""
[paper]
title = "little"
[scope.t.small]
s = "small"
[scope.t.ranges]
particle = { size = "N", indices = "i j k l" }
space = { size = "D", indices = "d", vector = true }
[scope.t.symbols]
'x' = { slots = "particle", law = 'P' }
't' = { slots = "particle", law = 'P' }
'o' = { slots = "particle", law = 'L', domain = "positive" }
'y' = { slots = "particle" }
'z' = { slots = "particle" }
'u' = { law = 'Q' }
'w' = { slots = "particle particle" }
'm' = { slots = "particle", domain = "positive" }
'a' = { }
'b' = { }
'c' = { }
'h' = { domain = "positive" }
'n' = { domain = "integer" }
'\delta' = { weight = { s = 1 } }
'\eta' = { weight = { s = 4 } }
'f' = { weight = { s = 2 } }
'r' = { slots = "particle space", weight = { s = -1 } }
'v' = { slots = "particle space" }
'A' = { kind = "matrix", slots = "particle particle" }
'B' = { kind = "matrix", slots = "particle particle" }
'R' = { kind = "matrix", slots = "particle space" }
'S' = { kind = "matrix", slots = "particle particle", properties = "symmetric" }
'K' = { kind = "matrix", slots = "particle particle", properties = "symmetric, positive definite" }
'K_{o}' = { kind = "matrix", slots = "particle particle", part = 'off-diagonal of K', weight = { s = 1 } }
'K_{d}' = { kind = "matrix", slots = "particle particle", part = 'diagonal of K' }
'H' = { kind = "matrix", slots = "particle particle", properties = "hollow" }
'I' = { kind = "matrix", slots = "particle particle", properties = "identity" }
'P' = { kind = "density" }
'Q' = { kind = "density" }
'L' = { kind = "density" }
'\mathcal{N}' = { kind = "gaussian" }
'E' = { kind = "expectation", law = 'P' }
'F' = { kind = "expectation", law = 'Q' }
'G' = { kind = "expectation", law = 'L' }
'V' = { kind = "variance", law = 'P' }
'C' = { kind = "covariance", law = 'P' }
"""
HOLDS = ("proved", "proved-to-order", "conditional")


def verdicts(folder: Path, text: str) -> list[str]:
    """The verdict of each line of a little paper."""
    printed = ["% scope: t\n"]
    for number, block in enumerate(text.strip().split("\n\n"), 1):
        lines = block.strip().split("\n")
        above = [line for line in lines if line.startswith("%")] or ["% by: exact"]
        display = [line for line in lines if not line.startswith("%")]
        printed += [*above, r"\begin{equation}", *display, rf"\tag{{{number}}}", "\\end{equation}\n"]
    (folder / "paper.tex").write_text("\n".join(printed), encoding="utf-8")
    (folder / "notation.toml").write_text(NOTATION, encoding="utf-8")
    verifier = Verifier(load_paper(str(folder)))
    found: list[str] = []
    for equation in verifier.paper.equations:
        try:
            found.append(verifier.result(equation.number).verdict)
        except EncodingError:
            found.append("error")
    return found


def check(folder: Path, text: str, *expected: str) -> None:
    for found, wanted in zip(verdicts(folder, text), expected, strict=True):
        assert found not in HOLDS if wanted == "not proved" else found == wanted


def order(n: int, formula: str) -> str:
    return f"% by: order {n} in s\n{formula}"


REFUTED = {
    "what a sum inside a function leaves out": r"y_k + \log(\sum_{j\neq k} m_j + 1) = y_k + \log(\sum_j m_j + 1)",
    "what a product leaves out": r"\prod_{i\neq k} m_i + y_k = \prod_i m_i + y_k",
    "a Kronecker delta in a function under a sum": r"\sum_i \sum_j \log(1 + (I)_{ij}) = 0",
    "indices that coincide in a function under a sum": r"\sum_i \sum_j \log(m_i + \sum_{k \neq j} m_k)"
    r" = \sum_i \log(2 m_i + \sum_{k\neq i} m_k) + \sum_i \sum_{j\neq i} \log(m_i + \sum_{k \neq j} m_k)",
    "three indices of which two coincide": r"\sum_i \sum_j \sum_{k\neq i, j} 1 = N (N-1)(N-2)",
    "two left out that may be the same": r"\sum_{k\neq i, j} y_k = \sum_k y_k - y_i - y_j",
    "an index captured by a sum inside": r"\sum_i \exp(\sum_j w_{ij}) = \sum_i \exp(\sum_j w_{ji})",
    "the square of an off-diagonal entry": r"\sum_i \sum_j ((K_{o})_{ij})^2 = \sum_i \sum_j ((K)_{ij})^2",
    "one over an off-diagonal entry": r"\sum_i \sum_j \frac{1}{1 + ((K_{o})_{ij})^2}"
    r" = \sum_i \sum_j \frac{1}{1 + ((K)_{ij})^2}",
    "an expectation of a delta": r"\sum_i \sum_j E[x_i x_j (I)_{ij}] = 0",
    "the label that a sum leaves out": r"\sum_{j\neq 1} y_j = \sum_j y_j",
    "a free index that may be the label": r"(K_{d})_{i1} = 0",
    "the same dummy twice": r"\sum_i y_i \sum_i z_i = \sum_i y_i z_i",
    "the root of a square": r"(a^2)^{\frac{1}{2}} = a",
    "the root of a squared determinant": r"\sqrt{|A|^2} = |A|",
    "nested bars": r"\left| a \left| b \right| c \right| = \left| a \right| b \left| c \right|",
    "a nested expectation under another law": r"E[F[\log(1 + x_1^2 + u^2)]] = F[\log(1+x_1^2 + u^2)]",
    "independence that nobody stated": r"E[x_i x_j] = E[x_i] E[x_j]",
    "a sum that may be empty": r"\sum_i \sum_{j\neq i} 1 = N^2",
    "matrices that do not commute": r"(A + B)^2 = A^2 + 2 A B + B^2",
    "a determinant of a multiple": r"|2 A| = 2 |A|",
    "the diagonal of a hollow matrix squared": r"(H^2)_{ii} = 0",
    "a function with leading parts that cancel": order(
        1, r"\frac{\eta}{\exp(\delta) - 1 - \delta - \frac{\delta^2}{2}} \approx 0"
    ),
    "a negative power of a logarithm": order(1, r"\frac{\eta}{(\log(1+\delta))^3} \approx 0"),
    "a negative power of a sine": order(1, r"\frac{\eta}{(\sin(\exp(\delta) - 1))^3} \approx 0"),
    "a quotient of cancelling parts, too good": order(2, r"\frac{\delta^2}{\exp(\delta) - 1 - \delta} \approx 2"),
    "an inverse of something small": order(1, r"\eta ((K_{o}^{-1})_{ij})^3 \approx 0"),
    "free indices that coincide, to an order": order(0, r"\frac{1}{1 + |\vec{r}_i - \vec{r}_j|} \approx 0"),
    "a delta to an order": order(0, r"(I)_{ij} \approx 0"),
    "a sum with its diagonal, to an order": order(
        1,
        r"\sum_i \sum_j \frac{1}{1 + |\vec{r}_i - \vec{r}_j|}"
        r" \approx \sum_i \sum_{j\neq i} \frac{1}{|\vec{r}_i - \vec{r}_j|}",
    ),
    "an expansion outside its order": order(2, r"|K| \approx |K_{d}|"),
}


@pytest.mark.parametrize("text", REFUTED.values(), ids=REFUTED)
def test_false_statements_are_refuted(text: str, tmp_path: Path) -> None:
    check(tmp_path, text, "refuted")


NOT_PROVED = {
    "the root of a squared product of any sign": r"((\prod_i y_i)^2)^{\frac{1}{2}} = \prod_i y_i",
    "the root of an even symbolic power": r"(a^{2N})^{\frac{1}{2}} = a^{N}",
    "the same for an integer symbol": r"(a^{2n})^{\frac{1}{2}} = a^{n}",
    "minus one to a symbolic power": r"((-1)^{N})^{2} = (-1)^{N}",
    "different from itself": r"a \neq a",
    "small against itself": r"a \ll a",
    "two random quantities of one law": r"E[x_1 t_1] = E[x_1] E[t_1]",
    "one over the determinant of something small": order(1, r"\frac{\eta^2}{|K_{o}|} \approx 0"),
    "something that grows beyond all powers": order(1, r"\eta \exp(\frac{1}{\delta}) \approx 0"),
    "an integral over another variable": r"\int d\mathbf{y}_{1:N} P(\mathbf{y}_{1:N}) y_1 = E[y_1]",
    "the logarithm of a matrix of any spectrum": r"|S| = \exp(\text{Tr}(\log(S)))",
}


@pytest.mark.parametrize("text", NOT_PROVED.values(), ids=NOT_PROVED)
def test_what_is_false_or_unclear_is_not_proved(text: str, tmp_path: Path) -> None:
    check(tmp_path, text, "not proved")


PROVED = {
    "what a sum in a function leaves out": r"\log(m_1 + \sum_{j\neq 1} m_j) = \log(\sum_j m_j)",
    "a delta in a function": r"\sum_i \sum_j \log(1 + (I)_{ij}) = N \log(2)",
    "one factor taken out": r"y_k + \prod_i m_i = y_k + m_k \prod_{i\neq k} m_i",
    "products of products": r"\prod_i \prod_{j\neq i} m_j = (\prod_j m_j)^{N-1}",
    "three excluded": r"\sum_i \sum_{j} \sum_{k\neq i, j} 1 = N (N-1)(N-2) + N(N-1)",
    "two excluded": r"\sum_{k\neq i, j} y_k = \sum_k y_k - y_i - y_j + (I)_{ij} y_i",
    "names of dummies in functions": r"\sum_i \sum_j \sin(w_{ij} \sum_k w_{kj})"
    r" = \sum_i \sum_j \sin(w_{ji} \sum_k w_{ki})",
    "a root of what is left": r"\sqrt{\sum_{j \neq i} m_j} = \sqrt{\sum_j m_j - m_i}",
    "an expectation of a delta": r"\sum_i \sum_j E[x_i x_j (I)_{ij}] = \sum_i E[x_i^2]",
    "nested expectations": r"E[F[u x_1]] = F[u] E[x_1]",
    "nested bars": r"\left| a \left| b \right| c \right| = \left|a b c\right|",
    "an entry of a diagonal inverse": r"((K_{d})^{-1})_{ii} = \frac{1}{(K)_{ii}}",
    "symbolic powers of something positive": r"(h^{n})^{2} = h^{2n}",
}


@pytest.mark.parametrize("text", PROVED.values(), ids=PROVED)
def test_true_statements_are_proved(text: str, tmp_path: Path) -> None:
    check(tmp_path, text, "proved")


TO_ORDER = {
    "the Neumann series of a matrix of which nothing else is known": order(
        1, r"K^{-1} \approx K_{d}^{-1} - K_{d}^{-1} K_{o} K_{d}^{-1}"
    ),
    "the determinant": order(1, r"|K| \approx |K_{d}|"),
    "cancelling leading parts below a fraction bar": order(
        3, r"\frac{\delta}{\exp(\delta) - 1} \approx 1 - \frac{\delta}{2} + \frac{\delta^2}{12}"
    ),
    "a root that is nearly one": order(
        1, r"\frac{1}{\sqrt{1 + \delta} - 1} \approx \frac{2}{\delta} + \frac{1}{2} - \frac{\delta}{8}"
    ),
    "cancelling distances": order(
        0, r"|\vec{r}_i + \vec{v}_i| - |\vec{r}_i| \approx \frac{\vec{r}_i \cdot \vec{v}_i}{|\vec{r}_i|}"
    ),
    "a sum with its diagonal": order(
        1,
        r"\sum_i \sum_j \frac{1}{1 + |\vec{r}_i - \vec{r}_j|}"
        r" \approx N + \sum_i \sum_{j\neq i} \frac{1}{|\vec{r}_i - \vec{r}_j|}",
    ),
}


@pytest.mark.parametrize("text", TO_ORDER.values(), ids=TO_ORDER)
def test_true_expansions_are_proved(text: str, tmp_path: Path) -> None:
    check(tmp_path, text, "proved-to-order")


def test_a_positive_random_quantity_is_never_drawn_negative(tmp_path: Path) -> None:
    assert verdicts(tmp_path, r"G[|o_1|] = G[o_1]") in (["proved"], ["supported"], ["open"])


ERRORS = {
    "an index that differs from itself": r"y_i + \sum_{i \neq i} z_i = y_i + \sum_{k \neq i} z_k",
    "a superscript of two digits without braces": r"a^23 = a^{23}",
    "a square in Unicode": r"a² = a^2",
    "bars that pair in two ways": r"|a|b|c| = |a| b |c|",
    "a product that ends nowhere": r"\prod_i m_i h = \prod_i (m_i h)",
    "a function whose argument ends nowhere": r"\log a b = \log(a b)",
    "a second superscript": r"a^2^3 = a^6",
    "a fraction without braces": r"\frac12 = \frac{1}{2}",
    "a slash": r"a/b c = \frac{a}{b c}",
    "a matrix that is not square": r"\text{Tr}(R) = \text{Tr}(R)",
    "an entry over another range": r"(K)_{id} = (K)_{di}",
}


@pytest.mark.parametrize("text", ERRORS.values(), ids=ERRORS)
def test_what_can_be_read_in_two_ways_is_an_error(text: str, tmp_path: Path) -> None:
    check(tmp_path, text, "error")


PREMISES = {
    "a refuted equation": ("a + b = a - b\n\n% from: 1\n2 a + 2 b = 2 a - 2 b", "refuted", "refuted"),
    "a refuted rule": ("a = b\n\n% from: 1\n2 a = 2 b", "refuted", "refuted"),
    "a refuted rule, to an order": (
        "a = b\n\n% from: 1\n% by: order 1 in s\na + \\delta \\approx b + \\delta",
        "refuted",
        "refuted",
    ),
    "an approximation taken for an equation": (
        order(1, r"\sin(\delta) \approx \delta") + "\n\n% from: 1\n2 \\sin(\\delta) = 2 \\delta",
        "proved-to-order",
        "refuted",
    ),
    "an approximation divided by something small": (
        order(1, r"a + \delta^2 \approx a")
        + "\n\n% from: 1\n"
        + order(1, r"\frac{a + \delta^2}{\delta^2} \approx \frac{a}{\delta^2}"),
        "proved-to-order",
        "refuted",
    ),
    "nonsense that is assumed": ("% by: assumption\n0 = 1\n\n% from: 1\na = a + 1", "not proved", "not proved"),
    "a rule with its left side on the right": (
        "% by: assumption\na = a + 1\n\n% from: 1\na = a + 2",
        "not proved",
        "not proved",
    ),
    "an inequality": ("% by: assumption\na \\geq b\n\n% from: 1\na = b", "not proved", "refuted"),
    "a chain with an inequality": ("% by: assumption\na = b \\geq c\n\n% from: 1\na = c", "error", "error"),
    "a given inequality": ("% from: foo\n% given foo @1: a \\geq b\na = b", "error"),
    "hypotheses that contradict each other": (
        "% from: bar\n% given foo @1: a = 1\n% given bar @1: a = 2\na = 2",
        "not proved",
    ),
    "the line itself": ("% from: 1\na = b", "error"),
    "a correction that is the print": ("% corrected: = -a\na = -a", "refuted"),
    "a definition that hides what is random": ("% by: definition\na = x_1^2\n\nE[a] = a", "definition", "refuted"),
    "a matrix of random entries": (
        "% by: definition\n(A)_{ij} = x_i x_j\n\nE[(A)_{ij}] = (A)_{ij}",
        "definition",
        "refuted",
    ),
    "a covariance that says nothing of the variance": (
        "% by: assumption\nC[x_i, x_j] = 0\n\n% by: assumption\nV[x_i] = m_i\n\n"
        "% from: 1, 2\n\\sum_i \\sum_j C[x_i, x_j] = 0",
        "not proved",
        "assumption",
        "not proved",
    ),
    "an equation that holds off the diagonal only": (
        "% by: assumption\n\\sum_{j \\neq i} y_j = a\n\n% from: 1\n\\sum_{j} y_j + z_i = a + z_i",
        "not proved",
        "not proved",
    ),
    "a scalar equation for one entry of a matrix": (
        "% by: assumption\na + b = c\n\n% from: 1, ones\n% given ones @1: (A)_{ij} = 1\n(a + b) A + a I = c A + b I",
        "not proved",
        "not proved",
    ),
    "a weight that the definition does not bear out": (
        "% by: definition\nf = \\delta\n\n" + order(1, r"a + f \approx a"),
        "definition",
        "refuted",
    ),
    "a label that a definition brings in": (
        "% by: definition\ny_k = (I)_{k1}\n\n% from: 1\ny_i = 0",
        "definition",
        "refuted",
    ),
    "the same for a column": (
        "% by: definition\ny_k = (I)_{k1}\n\n% from: 1\n\\mathbf{y}_{1:N} = \\mathbf{0}",
        "definition",
        "refuted",
    ),
}


@pytest.mark.parametrize("case", PREMISES.values(), ids=PREMISES)
def test_premises_prove_no_more_than_they_say(case: tuple[str, ...], tmp_path: Path) -> None:
    check(tmp_path, *case)


DENSITIES = {
    "the same density many times": r"\prod_{i=1}^N \mathcal{N}(\mathbf{x}_{1:N}; \mathbf{0}, K)",
    "a covariance that is none": r"\mathcal{N}(\mathbf{x}_{1:N}; \mathbf{0}, A)",
    "a mean that is the variable": r"\mathcal{N}(\mathbf{x}_{1:N}; \mathbf{x}_{1:N}, K)",
}
DENSITY = "% by: definition\n% so: density in \\mathbf{x}_{1:N}\nP(\\mathbf{x}_{1:N}) = "


@pytest.mark.parametrize("right", DENSITIES.values(), ids=DENSITIES)
def test_what_is_no_density_is_none(right: str, tmp_path: Path) -> None:
    (found,) = verdicts(tmp_path, DENSITY + right)
    assert found in ("open", "refuted")


def test_a_density_is_one(tmp_path: Path) -> None:
    check(tmp_path, DENSITY + r"\mathcal{N}(\mathbf{x}_{1:N}; \mathbf{0}, K)", "definition")
