r"""Lines whose repeated indices are summed over: each construct as a tree, near misses, and all of fields-2024."""

from fractions import Fraction

import pytest

from derive.errors import DeriveError, ReadError
from derive.expression import (
    Add,
    Applied,
    Expr,
    Frac,
    Identity,
    ImaginaryUnit,
    Index,
    Mul,
    Neg,
    Number,
    Over,
    Pow,
    Symbol,
    Transpose,
    Type,
    Zero,
)
from derive.fields.nodes import (
    ColumnOf,
    Coordinate,
    Entry,
    Gradient,
    InverseTranspose,
    LineIntegral,
    MatrixPower,
    MatrixSymbol,
    Place,
    Rate,
    SpaceIntegral,
    Step,
    TensorProduct,
    Variable,
)
from derive.fields.terms import summed_terms, terms
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import replace_tokens, tokens
from derive.latex.writer import write, write_chain
from derive.notation import Scope, load_notation
from derive.paper import load_paper
from derive.statement import Reading

NOTATION = r"""
[scope.neurons]
summation = "repeated"
[scope.neurons.ranges]
neuron = { size = "N", indices = "i j k" }
[scope.neurons.symbols]
't' = { kind = "time" }
'm' = {}
's' = { kind = "variable" }
'\phi' = { kind = "variable", slots = "neuron" }
'\pi' = { kind = "variable", slots = "neuron" }
'W' = { kind = "matrix", over = "neuron" }
'B' = { kind = "matrix", over = "neuron" }
'I' = { kind = "matrix", over = "neuron", properties = "identity" }
'\delta' = { kind = "matrix", properties = "identity" }
'H' = { kind = "function", of = '\phi, \pi' }
'\mathcal{V}' = { kind = "function", of = '\phi' }
'F' = { kind = "function", slots = "neuron", of = '\phi_i' }

[scope.lattice]
summation = "repeated"
[scope.lattice.ranges]
type = { size = "4", indices = "a b c", rows = "upper" }
site = { size = "N", indices = '\mathbf{i} \mathbf{j}', lattice = true }
direction = { size = "3", indices = '\mu \nu' }
[scope.lattice.symbols]
't' = { kind = "time" }
'm' = {}
'\phi' = { kind = "variable", slots = "type site" }
'\beta' = { kind = "variable", slots = "site" }
'\theta' = { slots = "site", of = "t" }
'W' = { kind = "matrix", over = "type site" }
'I' = { kind = "matrix", over = "type site", properties = "identity" }
'I_4' = { kind = "matrix", over = "type", properties = "identity" }
'A' = { kind = "matrix", over = "type site", slots = "direction", of = "t" }
'\mathcal{X}' = { kind = "matrix", over = "type", slots = "direction" }
'\delta' = { kind = "matrix", properties = "identity" }

[scope.row]
summation = "repeated"
[scope.row.ranges]
type = { size = "2", indices = "a b", rows = "upper" }
site = { size = "N", indices = "i j", lattice = true }
[scope.row.symbols]
't' = { kind = "time" }
'\phi' = { kind = "variable", slots = "type site" }
'\epsilon' = { kind = "Levi-Civita", over = "type" }
'\delta' = { kind = "matrix", properties = "identity" }

[scope.spinors]
summation = "repeated"
[scope.spinors.ranges]
half = { size = "2", indices = "c d", rows = "upper" }
spinor = { size = "4", indices = "a b", rows = "upper" }
spacetime = { size = "4", indices = '\mu \nu', from = 0 }
[scope.spinors.symbols]
'x' = { kind = "coordinates", slots = "spacetime" }
'i' = { kind = "imaginary unit" }
'm' = {}
'f' = { kind = "variable" }
'g' = { kind = "variable" }
'u' = { kind = "variable", slots = "half" }
'\psi' = { kind = "variable", slots = "spinor" }
'\gamma' = { kind = "matrix", over = "spinor", slots = "spacetime" }
'\sigma' = { kind = "Pauli", over = "half", slots = "spacetime" }
'\eta' = { kind = "metric", over = "spacetime" }
'I_2' = { kind = "matrix", over = "half", properties = "identity" }
'\mathcal{A}' = { slots = "spacetime" }
'\mathcal{H}' = { kind = "function", of = 'f, g' }
"""

ROW, COLUMN = (Index(letter, "neuron") for letter in "ij")
SITE, NEXT = (Index(rf"\mathbf{{{letter}}}", "site") for letter in "ij")
MU, NU = (Index(letter, "direction") for letter in (r"\mu", r"\nu"))
A, B = (Index(letter, "type") for letter in "ab")
W = MatrixSymbol("W", ("neuron",))
WEIGHT = MatrixSymbol("B", ("neuron",))
ONE = Identity("neuron", "I")
HALF = Frac(Number(Fraction(1)), Number(Fraction(2)))


def number(value: int) -> Number:
    return Number(Fraction(value))


def neuron(name: str, index: Index | None = None, time: int | None = None) -> Variable:
    return Variable(name, ("neuron",), () if index is None else (Place(index),), time)


def entry(of: Expr, row: Index, column: Index) -> Entry:
    return Entry(of, (Place(row),), (Place(column),))


def phi(a: Index, place: Place, time: int | None = None) -> Variable:
    return Variable(r"\phi", ("type", "site"), (Place(a), place), time)


def factor(label: Index) -> MatrixSymbol:
    return MatrixSymbol(r"\mathcal{X}", ("type",), (Place(label),))


def gamma(label: str) -> MatrixSymbol:
    return MatrixSymbol(r"\gamma", ("spinor",), (Place(Index(label, "spacetime")),))


PHI, PI = neuron(r"\phi"), neuron(r"\pi")
THETA = Variable(r"\theta", ("site",), (Place(SITE),), 0)
SPINOR = Variable(r"\psi", ("spinor",))
FIELD = Variable("f", (), (), None, True)
V = Applied(r"\mathcal{V}", (PHI,))

TREES = [
    # variables: indices at either height, steps on a lattice, times, points, components
    ("neurons", r"\phi^i", neuron(r"\phi", ROW)),
    ("neurons", r"{\phi}_{i}", neuron(r"\phi", ROW)),
    ("neurons", r"\phi", PHI),
    ("neurons", r"\phi_i(t)", neuron(r"\phi", ROW, 0)),
    ("neurons", r"\phi_i(t-1)", neuron(r"\phi", ROW, -1)),
    ("neurons", r"\phi_{2}", neuron(r"\phi", Index("2", "neuron"))),
    ("neurons", r"\phi^{2}", Pow(PHI, number(2))),
    ("neurons", r"\phi_i^2", Pow(neuron(r"\phi", ROW), number(2))),
    ("neurons", r"\phi_i(\pi_j+m)", Mul((neuron(r"\phi", ROW), Add((neuron(r"\pi", COLUMN), Symbol("m")))))),
    ("lattice", r"\phi^{a}_{\bf i+e_{\mu}}(t+1)", phi(A, Place(SITE, (Step(1, MU),)), 1)),
    ("lattice", r"\phi_a^{{\bf i}-{\bf e}_{1}}", phi(A, Place(SITE, (Step(-1, Index("1", "direction")),)))),
    ("lattice", r"\phi^{a}_{\bf i-e_{\mu}+2e_{\nu}}", phi(A, Place(SITE, (Step(-1, MU), Step(2, NU))))),
    ("lattice", r"\beta_{i_{1},i_{2},i_{3}}", Variable(r"\beta", ("site",), (Place(SITE, (), "i_{1},i_{2},i_{3}"),))),
    ("lattice", r"\theta_{\bf i}(t)", THETA),
    (
        "row",
        r"\phi^{1}_{{i-1}}(t)",
        Variable(r"\phi", ("type", "site"), (Place(Index("1", "type")), Place(Index("i", "site"), (Step(-1),))), 0),
    ),
    ("spinors", r"f({x})", FIELD),
    ("spinors", r"f(x)^{2}", Pow(FIELD, number(2))),
    ("spinors", r"{\cal A}_{\mu}", Symbol(r"\mathcal{A}", (Index(r"\mu", "spacetime"),))),
    # matrices, their entries and their powers
    ("neurons", r"W_{i}^{\phantom{i}j}", entry(W, ROW, COLUMN)),
    ("neurons", r"W^{j}_{i}", entry(W, ROW, COLUMN)),
    ("neurons", r"(W-I)_{ij}", entry(Add((W, Neg(ONE))), ROW, COLUMN)),
    ("neurons", r"\delta_{ij}", entry(Identity("neuron", r"\delta"), ROW, COLUMN)),
    ("neurons", r"(B^{T})_{i}^{j}", entry(Transpose(WEIGHT), ROW, COLUMN)),
    ("neurons", r"B^{-T}B^{-1}", Mul((InverseTranspose(WEIGHT), MatrixPower(WEIGHT, Neg(number(1)))))),
    ("neurons", r"(W-I)^{2}", MatrixPower(Add((W, Neg(ONE))), number(2))),
    ("lattice", r"{\cal X}^{a}_{\mu,b}", entry(factor(MU), A, B)),
    ("lattice", r"{\cal X}^{1}_{0,2}", entry(factor(Index("0", "direction")), Index("1", "type"), Index("2", "type"))),
    (
        "lattice",
        r"W^{a,{\bf j}}_{b,{\bf i}}",
        Entry(MatrixSymbol("W", ("type", "site")), (Place(A), Place(SITE)), (Place(B), Place(NEXT))),
    ),
    (
        "lattice",
        r"A^{a,\bf j}_{0,{\bf i},b}(t)",
        Entry(
            MatrixSymbol("A", ("type", "site"), (Place(Index("0", "direction")),), 0),
            (Place(A), Place(SITE)),
            (Place(B), Place(NEXT)),
        ),
    ),
    (
        "lattice",
        r"\delta^{{\bf j}-{\bf e}_{\mu}}_{\bf i}",
        Entry(Identity("site", r"\delta"), (Place(SITE),), (Place(NEXT, (Step(-1, MU),)),)),
    ),
    (
        "lattice",
        r"\delta_{\mu\nu}I_{4}",
        Mul((entry(Identity("direction", r"\delta"), MU, NU), Identity("type", "I_{4}"))),
    ),
    ("lattice", r"{\cal X}_{0}^{T}", Transpose(factor(Index("0", "direction")))),
    (
        "lattice",
        r"\left({\cal X}^{\theta_{\bf i}(t)}_{0}\right)^{a}_{b}",
        entry(MatrixPower(factor(Index("0", "direction")), THETA), A, B),
    ),
    ("row", r"\epsilon^{a}_{b}", entry(MatrixSymbol(r"\epsilon", ("type",)), A, B)),
    ("spinors", r"\gamma^{0}", gamma("0")),
    ("spinors", r"\gamma^{0}\gamma^{1}", Mul((gamma("0"), gamma("1")))),
    (
        "spinors",
        r"\eta_{\mu\nu}",
        entry(MatrixSymbol(r"\eta", ("spacetime",)), *(Index(letter, "spacetime") for letter in (r"\mu", r"\nu"))),
    ),
    (
        "spinors",
        r"(I_{2}\otimes i\sigma_{2})^{a}_{b}",
        entry(
            TensorProduct(
                Identity("half", "I_{2}"),
                Mul((ImaginaryUnit(), MatrixSymbol(r"\sigma", ("half",), (Place(Index("2", "spacetime")),)))),
            ),
            *(Index(letter, "spinor") for letter in "ab"),
        ),
    ),
    # derivatives
    ("neurons", r"\frac{d\phi_{i}}{dt}", Rate(neuron(r"\phi", ROW))),
    ("neurons", r"\frac{\partial H}{\partial\phi_j}", Gradient(Applied("H", (PHI, PI)), neuron(r"\phi", COLUMN))),
    ("neurons", r"\frac{dH(\phi,\pi)}{d\pi_j}", Gradient(Applied("H", (PHI, PI)), neuron(r"\pi", COLUMN), True)),
    (
        "neurons",
        r"\frac{\partial^2{\cal V}}{\partial\phi_i\partial\phi_j}",
        Gradient(Gradient(V, neuron(r"\phi", ROW)), neuron(r"\phi", COLUMN)),
    ),
    (
        "neurons",
        r"\frac{\partial\phi_i(t+1)}{\partial\pi_j(t)}",
        Gradient(neuron(r"\phi", ROW, 1), neuron(r"\pi", COLUMN, 0)),
    ),
    ("spinors", r"\frac{\partial f(x)}{\partial x_{0}}", Coordinate(Index("0", "spacetime"), 1, False, FIELD)),
    (
        "spinors",
        r"\frac{\partial^{2}f(x)}{\partial x_{\mu}^{2}}",
        Coordinate(Index(r"\mu", "spacetime"), 2, False, FIELD),
    ),
    (
        "spinors",
        r"i\gamma^{0}\frac{\partial}{\partial x^{0}}\psi",
        Mul((ImaginaryUnit(), gamma("0"), Coordinate(Index("0", "spacetime"), 1, True), SPINOR)),
    ),
    (
        "spinors",
        r"\frac{\delta{\cal H}[f,g]}{\delta f(x)}",
        Gradient(Applied(r"\mathcal{H}", (Variable("f"), Variable("g"))), FIELD),
    ),
    # functions, sums, integrals, columns
    ("neurons", r"F_{i}(\phi_{i})", Applied("F", (neuron(r"\phi", ROW),), Type("scalar"), 0, (ROW,))),
    (
        "neurons",
        r"\sum_{i,j}\phi_i\pi_j",
        Over("sum", ROW, (), Over("sum", COLUMN, (), Mul((neuron(r"\phi", ROW), neuron(r"\pi", COLUMN))))),
    ),
    (
        "neurons",
        r"\int d\phi_{i}\left(B^{T}\right)_{ij}\pi_j",
        LineIntegral(neuron(r"\phi", ROW), Mul((entry(Transpose(WEIGHT), ROW, COLUMN), neuron(r"\pi", COLUMN)))),
    ),
    (
        "lattice",
        r"\sum_{\mu=1}^{3}\beta_{\bf i+e_\mu}",
        Over("sum", MU, (), Variable(r"\beta", ("site",), (Place(SITE, (Step(1, MU),)),)), True),
    ),
    (
        "spinors",
        r"\sum_{\mu=1}^{3}{\cal A}_{\mu}",
        Over(
            "sum",
            Index(r"\mu", "spacetime"),
            (Index("0", "spacetime"),),
            Symbol(r"\mathcal{A}", (Index(r"\mu", "spacetime"),)),
            True,
        ),
    ),
    ("spinors", r"\int dx^{D}\left(f(x)\right)", SpaceIntegral(FIELD, "D")),
    (
        "spinors",
        r"\begin{pmatrix}f&+&ig\\ m&-&g\\ \end{pmatrix}",
        ColumnOf(
            "half",
            (
                Add((Variable("f"), Mul((ImaginaryUnit(), Variable("g"))))),
                Add((Symbol("m"), Neg(Variable("g")))),
            ),
        ),
    ),
    ("spinors", r"\begin{pmatrix}u\\ u\end{pmatrix}", ColumnOf("spinor", (Variable("u", ("half",)),) * 2)),
]

POWER = r"\left({\cal X}^{\theta_{\bf i}(t)}_{0}\right)^{a}_{b}"
LINES = [
    # a number is a multiple of the identity; 0 is the zero of what it equals; ranges of one size are the same
    ("spinors", r"\gamma^{\mu}\gamma^{\nu}+\gamma^{\nu}\gamma^{\mu}=2\eta^{\mu\nu}"),
    ("spinors", r"\left(i\gamma^{0}\frac{\partial}{\partial x^{0}}-m\right)\psi=0"),
    ("spinors", r"\gamma^{0} = \sigma_{3}\otimes I_{2}"),
    ("spinors", r"\psi\equiv\begin{pmatrix}u\\ u\end{pmatrix}=\begin{pmatrix}f\\ g\\ f\\ g\end{pmatrix}"),
    # an arrow, and what follows it; indices of the left side stand any number of times
    ("lattice", rf"\phi^{{a}}_{{\bf i}}\rightarrow\phi^{{a}}_{{\bf i}}(t+1)={POWER}\phi^{{b}}_{{\bf i}}"),
    ("lattice", r"\beta_{\bf i} = \beta_{\bf i}\beta_{\bf i}\beta_{\bf i}"),
    # an entry on the diagonal says where; the index of one of several functions need not be in each of its terms
    ("neurons", r"s = W_{i}^{i}\phi_{i}\phi^{i}"),
    ("neurons", r"F_{i}(\phi_i) = s+\phi_i"),
    # a formula broken at a sign repeats it
    ("neurons", "\\phi_i = \\pi_i +\n+ \\phi_i"),
    ("neurons", r"H = \sum_{i}\phi_i\phi_i\phi_i"),
]

BARE = "a matrix over neuron stands without its indices beside components over neuron"
HALF_SPINOR = "a matrix over half and half cannot be multiplied by a matrix over spinor and spinor"
TENSOR = "the tensor product of a matrix over half and half and a column over half is not defined"
SIDES = r"what stands on the sides of \otimes is not clear: use brackets"
ABOVE = "only a variable or a function is differentiated above a fraction bar"
SQUARE = "a power of a derivative is printed with the order of the derivative"
SEVERAL = "a matrix with several columns cannot be read in this scope"
CELLS = "the entries of this column are no numbers and no columns over one range"
LOOSE_SITE = r"the index \mathbf{j} is not bound: it is in no sum, and the left side has none"
ERRORS = [
    # what stands where nothing is known of it
    ("neurons", r"s(m)", "the bracket behind s is no time and no point of this scope"),
    ("neurons", r"\phi_i(m)", r"the bracket behind \phi is no time and no point of this scope"),
    ("neurons", r"s(\phi_i+m)", "the bracket behind s is no time and no point of this scope"),
    ("neurons", r"\phi_{a}", "a is not an index letter of this scope"),
    ("neurons", r"\phi_{i}^{j}", r"\phi takes no index j here"),
    ("neurons", r"\phi_{i+1}", "i is no site of a lattice: it cannot move"),
    ("neurons", r"i\phi_j", "the index i stands where a quantity was expected"),
    ("neurons", r"Q", "Q is not in the notation of the scope 'neurons'"),
    ("neurons", r"t", "t, of the kind time, stands where a quantity was expected"),
    ("neurons", r"\phi_{,i}", "a comma stands where an index was expected"),
    ("lattice", r"\phi^{a}", r"\phi needs an index over the range site"),
    ("lattice", r"\phi_{\bf i}", r"\phi needs an index over the range type"),
    ("lattice", r"\phi^{7}_{\bf i}", r"\phi takes no index 7 here"),
    ("lattice", r"\beta_{\bf i+1}", r"a step from \mathbf{i} is \mathbf{e} with a direction"),
    ("lattice", r"\beta_{{\bf i}+{\bf e}_{a}}", "a is not a direction of this scope"),
    ("lattice", r"\beta_{\bf i+e}", "a lattice vector needs the index of its direction"),
    ("lattice", r"\beta_{\bf i+e_{4}}", "4 is not a direction of this scope"),
    ("lattice", r"\beta_{i_{1},i_{2}}", "the components of i are not listed from 1 to 3"),
    ("row", r"\phi^{a}_{i+e_{1}}", "a step from i is a number of sites"),
    ("row", r"\phi_{1,i}(s)", r"the bracket behind \phi is no time and no point of this scope"),
    # matrices
    ("neurons", r"W_{i}", "an entry of W needs a row and a column over the range neuron"),
    ("neurons", r"W_{i}^{jk}", "W takes no index k here"),
    ("neurons", r"W_{i}^{j}{}^{2}", "a second superscript"),
    ("neurons", r"(W-I)_{i}", "an entry of this matrix needs a row and a column over the range neuron"),
    ("neurons", r"(s+m)_{i}", "a subscript can only follow a symbol, or a matrix in brackets"),
    ("neurons", r"W^{m}I^{s+1}", "of a matrix only integer powers are defined"),
    ("neurons", r"W\phi_{i}", BARE),
    ("neurons", r"\phi^{i}\pi_{i}+W", BARE),
    ("neurons", r"\phi W", "a column over neuron cannot be multiplied by a matrix over neuron and neuron"),
    ("spinors", r"m+\gamma^{0}+\sigma_{1}", "a matrix over half and half is added to a matrix over spinor and spinor"),
    ("neurons", r"\phi_{i}\pi_{i}\sum_{i}\phi_{i}", "the index i stands before its sum too"),
    ("neurons", r"\phi + s", "a scalar is added to a column over neuron"),
    ("lattice", r"{\cal X}^{a}_{b}", r"\mathcal{X} needs an index over the range direction"),
    ("lattice", r"W^{1,2}_{3,4}", "which index of W the number 3 is, is not clear"),
    ("spinors", r"\sigma_{1}\gamma^{0}", HALF_SPINOR),
    ("spinors", r"\sigma_{1}\otimes u", TENSOR),
    ("spinors", r"\sigma_{1}\sigma_{2}\otimes\sigma_{3}", SIDES),
    # derivatives
    ("neurons", r"\frac{\phi_i}{dt}", "d stands below this fraction bar and not above it"),
    ("neurons", r"\frac{d}{dt}", "nothing is differentiated above this fraction bar"),
    ("neurons", r"\frac{\partial H}{\partial\phi}", r"\phi needs its indices below the bar"),
    ("neurons", r"\frac{\partial\phi}{\partial\pi_j}", "what is differentiated needs its indices above the bar"),
    ("neurons", r"\frac{\partial m}{\partial\pi_j}", ABOVE),
    ("neurons", r"\frac{\partial H}{\partial m}", r"what stands behind \partial below the bar is no variable"),
    ("neurons", r"\frac{\partial^{2}H}{\partial\phi_j}", "above stands a derivative of order 2, below 1"),
    ("spinors", r"\frac{\partial^{2}f}{\partial x_{\mu}}", "above stands a derivative of order 2, below 1"),
    ("spinors", r"\frac{\partial f}{\partial x}", "x needs one index below the bar"),
    ("spinors", r"\frac{\partial f}{\partial x_{4}}", "4 is not a direction of this scope"),
    ("spinors", r"f\frac{\partial}{\partial x_{\mu}} = 0", "a derivative has nothing behind it to differentiate"),
    ("spinors", r"\left(\frac{\partial}{\partial x_{\mu}}\right)^{2}f", SQUARE),
    # functions, sums, integrals, columns
    ("neurons", r"H(\phi)", "H takes 2 arguments, not 1"),
    ("neurons", r"F(s)", "F needs an index over the range neuron"),
    ("neurons", r"\sum_{i}\phi_j", "the sum over i has no i in it"),
    ("neurons", r"\sum_{i=1}^{M}\phi_i", "\\sum over i runs from 1 to N in this scope"),
    ("lattice", r"\sum_{\mu=1}^{2}\beta_{\bf i+e_\mu}", r"\sum over \mu runs from 1 to 3 in this scope"),
    ("spinors", r"\sum_{\mu=2}^{3}{\cal A}_{\mu}", r"\sum over \mu runs from 0 to 3 in this scope"),
    ("neurons", r"\prod_{i}\phi_i", "a product over an index cannot be read in this scope"),
    ("neurons", r"\int\phi_i", "the measure is expected right after the integral sign"),
    ("neurons", r"\int d\phi\pi_i", "the measure of this integral is no space and no component of a variable"),
    ("spinors", r"\begin{pmatrix}f\\ g\\ f\end{pmatrix}", "no range of this scope has the size 3 of this column"),
    ("spinors", r"\begin{pmatrix}f&g\\ g&f\end{pmatrix}", SEVERAL),
    ("spinors", r"\begin{pmatrix}f\\ u\end{pmatrix}", CELLS),
    # indices of the two sides
    ("neurons", r"s = W_{i}^{i}", "the index i is not bound: it is in no sum, and the left side has none"),
    ("neurons", r"s = \phi_j", "the index j is not bound: it is in no sum, and the left side has none"),
    ("neurons", r"\phi_i = W_i^j", "the index j is not bound: it is in no sum, and the left side has none"),
    ("neurons", r"s = \phi_j\pi_j\phi^j", "the index j stands 3 times in one product: its sum is not clear"),
    ("neurons", r"\phi_i = \pi_i + s", "the index i of the left side is missing in s"),
    ("neurons", r"\phi_i = s(t)\cdot (\pi_i + m)", "the index i of the left side is missing in s(t) m"),
    ("neurons", r"\phi_i + \phi_j = \pi_i + \pi_j", "the index j of the left side is missing in \\phi_{i}"),
    ("neurons", r"s = F_i(\phi_i)\pi_i\phi_i", "the index i stands 3 times in one product: its sum is not clear"),
    ("lattice", r"\beta_{\bf i} = \theta_{\bf j}(t)", LOOSE_SITE),
    ("spinors", r"\psi = m", "a column over spinor is related to a scalar"),
    (
        "spinors",
        r"\gamma^{0} = \sigma_{3}",
        "a matrix over spinor and spinor is related to a matrix over half and half",
    ),
]

MENDED = {
    "2.21": [r"(W-I)\phi_{i} as (W-I)_{i}^{j}\phi_{j}"],
    "4.26a": [r"\pi^{b}_{\bf{j}} as \pi^{b}_{\bf{i}}"],
    "4.39a": [r"\phi^{b} as \phi^{b}_{\bf i}", r"+\beta^{a} as +\beta^{a}_{\bf i}"],
    "5.5b": [r"{\pi}^{b}_{\bf{i}}(t+1) as {\pi}^{a}_{\bf{i}}(t+1)"],
    "5.8": [
        r"{\cal X}^{a}_{0,b}{\cal A}_{\mu,{\bf i}}^{{\bf j}}\pi^{b}_{\bf{j}} as "
        r"{\cal X}^{b}_{0,c}{\cal A}_{\mu,{\bf i}}^{{\bf j}}\pi^{c}_{\bf{j}}"
    ],
    "5.10": [r"i{\cal A}_{\mu} as i{\cal A}_{\nu}"],
}
"""Slips of the paper, each as a re-reading that would mend its line."""
SLIPS = {*MENDED, "4.39b"}


@pytest.fixture(scope="module")
def scopes(tmp_path_factory) -> dict[str, Scope]:
    path = tmp_path_factory.mktemp("scopes") / "notation.toml"
    path.write_text(NOTATION, encoding="utf-8")
    return dict(load_notation(path).scopes)


@pytest.fixture(scope="module")
def fields() -> Reading:
    return Reading(load_paper("fields-2024"))


def readable(fields: Reading) -> list[str]:
    """The lines that are read as they are printed."""
    found = []
    for equation in fields.paper.lines:
        try:
            read_chain(tokens(equation.latex), fields.scope(equation))
        except ReadError:
            continue
        found.append(equation.number)
    return found


@pytest.mark.parametrize(("scope", "printed", "tree"), TREES, ids=[printed for _, printed, _ in TREES])
def test_what_is_printed_is_this_tree_and_is_written_back(scopes, scope, printed, tree) -> None:
    found = read_expression(tokens(printed), scopes[scope])
    assert found == tree
    assert read_expression(tokens(write(found, scopes[scope])), scopes[scope]) == tree


@pytest.mark.parametrize(("scope", "printed"), LINES, ids=[printed for _, printed in LINES])
def test_a_line_is_read_and_written_back(scopes, scope, printed) -> None:
    chain = read_chain(tokens(printed), scopes[scope])
    assert read_chain(tokens(write_chain(chain, scopes[scope])), scopes[scope]) == chain


@pytest.mark.parametrize(("scope", "printed", "message"), ERRORS, ids=[printed for _, printed, _ in ERRORS])
def test_near_misses_are_errors(scopes, scope, printed, message) -> None:
    with pytest.raises(ReadError) as error:
        read_chain(tokens(printed), scopes[scope], display=True)
    assert error.value.message == message
    assert 0 <= error.value.offset < len(printed)


def test_an_error_says_where_it_is(scopes) -> None:
    with pytest.raises(ReadError) as error:
        read_chain(tokens(r"\phi_{i} = \pi_{i}+W_{i}^{j}"), scopes["neurons"])
    assert error.value.offset == 26


def test_zero_is_the_zero_of_what_it_equals(scopes) -> None:
    chain = read_chain(tokens(r"\gamma^{0}\gamma^{1}+\gamma^{1}\gamma^{0} = 0"), scopes["spinors"])
    assert chain.links == (("=", Zero(Type("matrix", ("spinor", "spinor")))),)


def test_a_symbol_between_two_levels_of_one_sum(scopes) -> None:
    """A printed sum is one factor; the repeated indices around it and inside it are told apart."""
    expr = read_expression(tokens(r"W_{i}^{j}\sum_{k}(\phi_{k}\pi_{j}-\pi_{k}\phi_{j})"), scopes["neurons"])
    assert [(sign, len(factors)) for sign, factors in terms(expr)] == [(1, 2)]
    (term,) = summed_terms(expr, frozenset({ROW}))
    assert term.summed == (COLUMN,)
    inner = term.factors[1]
    assert isinstance(inner, Over)
    assert [found.sign for found in summed_terms(inner.body, frozenset({ROW, COLUMN, inner.index}))] == [1, -1]
    assert all(found.summed == () for found in summed_terms(inner.body, frozenset({ROW, COLUMN, inner.index})))


def test_products_are_expanded_over_sums_in_print_order(scopes) -> None:
    printed = r"-\phi_{i}(\pi_{j}-m)(s(t)+\phi_{j}) + \frac{1}{2}\phi^{i}\phi_{i}"
    expr = read_expression(tokens(printed), scopes["neurons"])
    f, p, m, s = neuron(r"\phi", ROW), neuron(r"\pi", COLUMN), Symbol("m"), Variable("s", (), (), 0)
    assert list(terms(expr)) == [
        (-1, (f, p, s)),
        (-1, (f, p, neuron(r"\phi", COLUMN))),
        (1, (f, m, s)),
        (1, (f, m, neuron(r"\phi", COLUMN))),
        (1, (HALF, f, f)),
    ]
    assert [term.summed for term in summed_terms(expr, frozenset())] == [(), (COLUMN,), (), (), (ROW,)]
    assert [term.summed for term in summed_terms(expr, frozenset({ROW}))] == [(), (COLUMN,), (), (), ()]


def test_all_lines_of_the_paper_are_read_but_its_slips(fields) -> None:
    assert {equation.number for equation in fields.paper.lines} - set(readable(fields)) == SLIPS


def test_each_slip_is_mended_by_a_rereading(fields) -> None:
    for number_, reads in MENDED.items():
        equation = fields.paper.equation(number_)
        source = tokens(equation.latex)
        for value in reads:
            printed, _, meant = value.partition(" as ")
            source, count = replace_tokens(source, [token.text for token in tokens(printed)], tokens(meant))
            assert count == 1, (number_, printed)
        assert read_chain(source, fields.scope(equation)).links


def test_every_line_of_the_paper_is_written_back(fields) -> None:
    for number_ in readable(fields):
        equation = fields.paper.equation(number_)
        scope = fields.scope(equation)
        chain = read_chain(tokens(equation.latex), scope)
        assert read_chain(tokens(write_chain(chain, scope)), scope) == chain, number_


def test_deleting_any_token_changes_the_line_or_is_an_error(fields) -> None:
    r"""Layout left out: commas between indices, alignment marks in a column, the \\ behind its last row."""
    survivors = []
    for number_ in readable(fields):
        equation = fields.paper.equation(number_)
        scope = fields.scope(equation)
        source = tokens(equation.latex)
        chain = read_chain(source, scope)
        for at, token in enumerate(source):
            last_row = token.text == r"\\" and source[at + 1].text == r"\end{pmatrix}"
            if token.text in (",", "&") or last_row:
                continue
            try:
                changed = read_chain(source[:at] + source[at + 1 :], scope)
            except DeriveError:
                continue
            if changed == chain:
                survivors.append((number_, at, token.text))
    assert not survivors


def test_a_hypothesis_keeps_the_indices_of_components_apart(tmp_path) -> None:
    (tmp_path / "notation.toml").write_text(NOTATION, encoding="utf-8")
    head = "% scope: neurons\n% given apart @the text: i \\neq j -- told apart\n\n"
    text = head + "% from: apart\n% by: exact\n\\[ W_{i}^{j} = B_{i}^{j} \\tag{1} \\]\n"
    (tmp_path / "paper.tex").write_text(text, encoding="utf-8")
    line = Reading(load_paper(tmp_path)).line("1")
    assert line.chain.apart == ((ROW, COLUMN),)
