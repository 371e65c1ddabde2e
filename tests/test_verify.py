# ruff: noqa: E501 (a formula stands on one line)
"""The verifier on small papers: how lines are judged, and clear errors for encodings that are wrong."""

import pytest

from derive.errors import DeriveError, EncodingError
from derive.verify import Verifier


def line(number: int, formula: str, *annotations: str) -> str:
    comments = "".join(f"% {said}\n" for said in annotations)
    return f"{comments}\\begin{{equation}} {formula} \\tag{{{number}}} \\end{{equation}}\n\n"


def verdict(bench, *lines: str, number: str | None = None) -> str:
    results = bench.verify("".join(lines))
    return results[number or list(results)[-1]].verdict


def test_a_chain_goes_on_from_the_line_before(bench) -> None:
    results = bench.verify(
        line(1, r"(a + b)^2 = a^2 + 2 a b + b^2", "by: exact") + line(2, r"= a (a + 2 b) + b^2", "from: 1")
    )
    assert [r.verdict for r in results.values()] == ["proved", "proved"]
    assert results["2"].statement == r"a^{2} + 2 a b + b^{2} = a \left( a + 2 b \right) + b^{2}"


def test_the_worst_link_of_a_chain_counts(bench) -> None:
    (result,) = bench.verify(line(1, r"a + a = 2 a = 3 a = 4 a - a", "by: exact")).values()
    assert result.verdict == "refuted"
    assert result.witness is not None
    assert not result.borne_out


def test_a_refuted_line_with_its_correction(bench) -> None:
    (result,) = bench.verify(
        line(1, r"(a + b)^2 = a^2 + a b + b^2", "by: exact", "corrected: = a^2 + 2 a b + b^2")
    ).values()
    assert (result.verdict, result.borne_out, result.follows) == ("refuted", True, False)
    assert result.correction == r"= a^{2} + 2 a b + b^{2}"


def test_a_silent_repair_and_an_inherited_error(bench) -> None:
    """(2) repairs (1), so that it holds and does not follow; (3) takes the error of (1) over."""
    results = bench.verify(
        line(1, r"(a + b)^2 = a^2 + a b + b^2", "by: exact", "corrected: = a^2 + 2 a b + b^2")
        + line(2, r"= a^2 + b^2 + 2 a b", "from: 1")
        + line(3, r"= b^2 + a b + a^2", "from: 1", "corrected: = b^2 + 2 a b + a^2")
    )
    assert (results["2"].verdict, results["2"].follows) == ("proved", False)
    assert (results["3"].verdict, results["3"].follows, results["3"].inherits) == ("refuted", True, ("1",))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"a \neq a", "open"),
        (r"a \ll a", "open"),
        (r"a \to a", "open"),
        (r"a \propto a", "proved"),
        (r"a \propto 2 a", "proved"),
        (r"a^2 \propto a", "refuted"),
        (r"a \equiv a", "proved"),
        (r"a^2 \geq 0", ("supported", "proved")),
        (r"a^2 > 0", ("supported", "refuted")),
        (r"a \geq 0", "refuted"),
        (r"c > 0", ("supported", "proved")),
    ],
)
def test_only_equations_are_shown_by_equality(bench, formula: str, expected: str | tuple[str, ...]) -> None:
    assert verdict(bench, line(1, formula, "by: exact")) in (expected if isinstance(expected, tuple) else (expected,))


def test_an_inequality_is_no_equation_for_what_rests_on_it(bench) -> None:
    lines = line(1, r"f \geq a^2", "by: assumption"), line(2, r"f = a^2", "from: 1")
    assert verdict(bench, *lines) != "proved"


def test_a_line_without_annotation_is_open(bench) -> None:
    (result,) = bench.verify(line(1, "a = a")).values()
    assert (result.verdict, result.read, result.note) == ("open", False, "not encoded yet")


def test_a_premise_that_is_not_needed_is_said_to_be_so(bench) -> None:
    results = bench.verify(
        line(1, "f = a", "by: definition") + line(2, "t = b", "by: definition") + line(3, "2 f = 2 a", "from: 1, 2")
    )
    assert results["3"].verdict == "proved"
    assert "not needed for the proof: (2)" in results["3"].evidence


def test_what_is_not_named_may_not_be_used(bench) -> None:
    lines = line(1, "f = a", "by: definition"), line(2, "2 f = 2 a", "by: exact")
    assert verdict(bench, *lines) != "proved"


ERRORS = [
    (line(1, "a = a", "from: 1"), "the premises go in a circle: 1 from 1"),
    (line(1, "a = a", "from: 2") + line(2, "a = a", "from: 1"), "the premises go in a circle: 1 from 2 from 1"),
    (line(1, "a = a", "from: 9"), "from: 9 is no line of the paper and no named hypothesis of the scope"),
    (line(1, "a = a", "from: momentum"), "from: momentum is no line of the paper and no named hypothesis"),
    (line(1, "a = a", "by: magic"), "by: there is no method 'magic'; methods: definition, assumption, exact"),
    (line(1, "a = a", "by: order 1 in q"), "by: q is not a small parameter of the scope bench; declared: s"),
    (line(1, "f = f + a", "by: definition"), r"\(1\) defines f through itself"),
    (line(1, "f = a", "by: definition") + line(2, "f = b", "by: definition"), "both define the same thing"),
    (line(1, "z_i = a", "by: definition") + line(2, "z_j = b", "by: definition"), "both define the same thing"),
    (line(1, "f = t + a", "by: definition") + line(2, "t = f - a", "by: definition"), "which is defined through f"),
    (line(1, "= a", "by: exact"), "the line starts with a relation and has no line before it"),
    (line(1, "a = b", "by: exact") + line(2, "= x_i", "from: 1"), "the index i is not bound"),
    (line(1, "a = b", "by: exact") + line(2, r"= \mathbf{A}", "from: 1"), "a scalar in the line before is related to a matrix"),
    (line(1, "a = b", "by: exact", "read: c as a"), "read: c does not occur in this line"),
    (line(1, "a = b", "by: exact", "read: c"), "read: is written as  read: X as Y"),
    (line(1, "a = b", "by: exact", r"corrected: = \omega"), r"corrected: \\omega is not in the notation"),
    (line(1, "a = b", "by: exact", "needs: b = a"), "needs: a hypothesis that restates the line is none"),
    (line(1, "a = b", "by: exact", "needs: 2 b - 2 a = 0"), "needs: a hypothesis that restates the line is none"),
    (
        line(1, r"\mathbb{E}[u_i u_j] \approx \mathbb{E}[u_i] \mathbb{E}[u_j]", r"by: drop \text{Cov}[u_i, u_j]", r"needs: a \ll 5"),
        r"needs: a dropped term needs a hypothesis  H \\ll 1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("tex", "message"), ERRORS)
def test_mistakes_of_an_encoding_are_named_with_their_place(bench, tex: str, message: str) -> None:
    with pytest.raises(EncodingError, match=message) as caught:
        bench.verify(tex)
    assert "paper.tex" in str(caught.value)


@pytest.mark.parametrize(
    ("formula", "annotation"),
    [
        (r"a + a = 2 a", "corrected: = 3 a"),
        (r"a + a = 2 a", "needs: b = 1"),
        (r"a + a = 3 a", "corrected: = 4 a"),
        (r"a + a = 3 a", ""),
    ],
)
def test_a_finding_that_the_computation_does_not_bear_out(bench, formula: str, annotation: str) -> None:
    tex = line(1, formula, "by: exact", *([annotation] if annotation else []))
    (result,) = bench.verify(tex).values()
    assert not result.borne_out


def test_a_hypothesis_that_an_exact_line_needs(bench) -> None:
    (result,) = bench.verify(line(1, r"\sin(b) + a = a", "by: exact", "needs: b = 0")).values()
    assert (result.verdict, result.borne_out) == ("conditional", True)
    assert result.witness is not None
    assert result.hypotheses == ("$b = 0$",)


def test_an_approximation_is_judged_as_one(bench) -> None:
    results = bench.verify(
        line(1, r"\frac{1}{c + h} \approx \frac{1}{c} - \frac{h}{c^2}", "by: order 1 in s")
        + line(2, r"\frac{1}{c + h} \approx \frac{1}{c} + \frac{h}{c^2}", "by: order 1 in s")
        + line(3, r"\frac{1}{c + h} = \frac{1}{c} - \frac{h}{c^2}", "by: order 1 in s")
        + line(4, r"\frac{1}{c + h} = \frac{1}{c} - \frac{h}{c^2}", "by: exact")
    )
    assert [r.verdict for r in results.values()] == ["proved-to-order", "refuted", "proved-to-order", "refuted"]
    assert results["1"].order == 1
    assert results["1"].remainder == r"\frac{h^{2}}{c^{3}}"
    assert any(said.startswith("the numeric remainder goes as $s^{2.0") for said in results["1"].evidence)
    assert any("stands for" in slip for slip in results["3"].slips)


def test_a_dropped_term_is_conditional_only_with_its_hypothesis(bench) -> None:
    roots = line(1, r"\mathbb{E}[u_i] = a w_i", "by: assumption") + line(2, r"\text{Var}[u_i] = w_i", "by: definition")
    formula = r"\mathbb{E}[u_i u_j] \approx \mathbb{E}[u_i] \mathbb{E}[u_j]"
    drop, needs = r"by: drop \text{Cov}[u_i, u_j]", r"needs: \frac{1}{a^2 \sqrt{w_i w_j}} \ll 1"
    assert verdict(bench, roots, line(3, formula, "from: 1, 2", drop, needs)) == "conditional"
    assert verdict(bench, roots, line(3, formula, "from: 1, 2", drop)) == "supported"
    assert (
        verdict(bench, roots, line(3, formula, "from: 1, 2", drop, r"needs: \frac{1}{a \sqrt{w_i w_j}} \ll 1"))
        == "supported"
    )
    assert verdict(bench, roots, line(3, formula, "from: 1, 2", r"by: drop 2 \text{Cov}[u_i, u_j]", needs)) == "refuted"


def test_an_assumption_has_a_model_or_no_pass(bench) -> None:
    assert verdict(bench, line(1, r"\mathbb{E}[u_i] = a w_i", "by: assumption")) == "assumption"


def test_obligations_of_a_definition(bench) -> None:
    assert verdict(bench, line(1, "f = a + b", "by: definition", "so: f - a free of a")) == "definition"
    assert verdict(bench, line(1, "f = a + b", "by: definition", "so: f free of a")) == "refuted"
    assert verdict(bench, line(1, "f = c^2", "by: definition", "so: f positive")) == "definition"
    assert verdict(bench, line(1, "f = a", "by: definition", "so: f positive")) != "definition"
    assert verdict(bench, line(1, "f = a b", "by: definition", "so: f = b a")) == "definition"
    assert verdict(bench, line(1, "f = a b", "by: definition", "so: f = a + b")) == "refuted"


def test_a_definition_that_is_no_premise_does_not_hide_what_it_depends_on(bench) -> None:
    lines = line(1, "t = a^2", "by: definition"), line(2, "f = t + b", "by: definition", "so: f free of a")
    assert verdict(bench, *lines) not in ("definition", "proved")


def test_a_claim_both_of_whose_sides_are_of_higher_order_is_empty(bench) -> None:
    assert verdict(bench, line(1, r"h^2 \approx 7 h^3", "by: order 1 in s")) == "open"
    assert verdict(bench, line(1, r"h + h^2 \approx h", "by: order 1 in s")) == "proved-to-order"


def test_the_same_paper_gives_the_same_results_twice(bench) -> None:
    tex = line(1, r"\sum_i \sum_j x_i y_j = \sum_i x_i y_i", "by: exact") + line(
        2, r"\cos(h) \approx 1", "by: order 1 in s"
    )
    one, other = bench.verify(tex), bench.verify(tex)
    assert one == other
    assert [r.as_json() for r in one.values()] == [r.as_json() for r in other.values()]


def test_lines_are_verified_in_any_order(bench) -> None:
    tex = line(1, "f = a", "by: definition") + line(2, "2 f = 2 a", "from: 1") + line(3, "= a + a", "from: 2")
    paper = bench.paper(tex)
    forward = [Verifier(paper).result(n) for n in ("1", "2", "3")]
    verifier = Verifier(paper)
    assert [verifier.result(n) for n in ("3", "2", "1")] == forward[::-1]


def test_errors_are_errors_of_the_input(bench) -> None:
    with pytest.raises(DeriveError):
        bench.verify(line(1, r"a = \frac{b}", "by: exact"))


def test_a_proportionality_has_one_factor_for_all_indices(bench) -> None:
    tex = "% by: exact\n\\begin{equation}\n2 x_i \\propto x_i\n\\tag{1}\n\\end{equation}\n\n"
    tex += "% by: exact\n\\begin{equation}\ny_i x_i \\propto x_i\n\\tag{2}\n\\end{equation}\n\n"
    found = bench.verify(tex)
    assert found["1"].verdict == "proved"
    assert found["2"].verdict == "open"
    assert found["2"].evidence[0] == "the factor is $y_{i}$, which is not the same for all i"


def test_the_correction_of_a_definition_is_not_circular(bench) -> None:
    tex = "% by: definition\n% so: a free of b\n% corrected: a = 2 a\n\\begin{equation}\na = 2 b\n\\tag{1}\n\\end{equation}\n"
    with pytest.raises(EncodingError, match=r"the correction of \(1\) defines a through itself"):
        bench.verify(tex)
