# ruff: noqa: E501 (a formula stands on one line)
"""Derivatives, normal laws, states by their components and ranks, in small papers: what is true and what is almost."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import DeriveError
from derive.paper import load_paper
from derive.verify import Verifier

SHOWN = ("proved", "proved-to-order", "conditional")

NOTATION = r"""
[scope.laws.symbols]
'x' = { law = 'p', meaning = "observation" }
'z' = { law = 'q' }
'a' = {}
'b' = {}
'c' = {}
'p' = { kind = "density", parameters = 'b' }
'q' = { kind = "density", parameters = 'a' }
'E' = { kind = "expectation", law = 'q', given = 'x' }
'M' = { kind = "expectation", law = 'q' }
'f' = { kind = "function", of = 'z' }
'g' = { kind = "function", of = 'a', properties = "smooth" }
'h' = { kind = "function", of = 'a' }
'L' = { kind = "function", of = 'x' }

[scope.noise.ranges]
latent = { size = "L", indices = "i j" }
[scope.noise.symbols]
'z' = { slots = "latent" }
'm' = { slots = "latent" }
's' = { slots = "latent", domain = "positive" }
'e' = { slots = "latent", law = 'r' }
'r' = { kind = "density" }
'E' = { kind = "expectation", law = 'r' }
'f' = { kind = "function", of = '\mathbf{z}_{1:L}', properties = "smooth" }

[scope.step]
small = { s = "powers of the step" }
[scope.step.ranges]
parameter = { size = "D", indices = "k" }
[scope.step.symbols]
'y' = { slots = "parameter", properties = "column" }
'w' = { slots = "parameter", properties = "column" }
'\gamma' = { domain = "positive", weight = { s = 1 } }
'F' = { kind = "function", of = 'w', properties = "smooth" }

[scope.normal.ranges]
latent = { size = "L", indices = "i j" }
[scope.normal.symbols]
'z' = { slots = "latent", law = 'q' }
'\mu' = { slots = "latent" }
'\nu' = { slots = "latent" }
'\sigma' = { slots = "latent", domain = "positive" }
'\Sigma' = { kind = "matrix", slots = "latent latent", properties = "positive definite" }
'\Lambda' = { kind = "matrix", slots = "latent latent", properties = "positive definite" }
'\mathcal{N}' = { kind = "gaussian" }
'q' = { kind = "density" }
'p' = { kind = "density" }
'E' = { kind = "expectation", law = 'q' }
'\text{Cov}' = { kind = "covariance", law = 'q' }
'D_{KL}' = { kind = "divergence" }

[scope.each]
like = "normal"

[scope.state.ranges]
space = { size = "3", indices = "d", vector = true }
[scope.state.symbols]
'i' = { kind = "imaginary unit" }
'\psi' = { kind = "state" }
't' = {}
'u' = {}
'\sigma' = { kind = "Pauli", slots = "space" }

[scope.rank.ranges]
amplitude = { size = "2", indices = "j k l" }
many = { size = "N", indices = "n" }
[scope.rank.symbols]
'u' = { slots = "amplitude" }
'v' = { slots = "amplitude" }
'a' = {}
'b' = {}
'c' = {}
'd' = {}
'y' = { slots = "many" }

[scope.planets.symbols]
'R' = { domain = "positive" }
'k' = { domain = "unit" }
'a' = {}
'b' = {}
'c' = {}
"""

GIVENS = {
    "laws": r"% given split @here: c = a + b" + "\n",
    "noise": r"% given sampled @here: z_i = m_i + s_i e_i" + "\n",
    "step": r"% given step @here: y = w - \gamma \nabla F(w)" + "\n",
    "normal": r"""% given q @here: q(\mathbf{z}_{1:L}) = \mathcal{N}(\mathbf{z}_{1:L}; \boldsymbol{\mu}_{1:L}, \Sigma)
% given p @here: p(\mathbf{z}_{1:L}) = \mathcal{N}(\mathbf{z}_{1:L}; \boldsymbol{\nu}_{1:L}, \Lambda)
""",
    "each": r"""% given q @here: q(\mathbf{z}_{1:L}) = \prod_i \mathcal{N}(z_i; \mu_i, \sigma_i^2)
% given p @here: p(\mathbf{z}_{1:L}) = \prod_i \mathcal{N}(z_i; 0, 1)
""",
    "state": r"% given psi @here: |\psi\rangle = \cos\frac{t}{2}|0\rangle + e^{i u}\sin\frac{t}{2}|1\rangle" + "\n",
    "rank": "",
    "planets": r"% given c @here: c = b + \arcsin(k \sin(a - b))" + "\n",
}

DIVERGENCE = r"D_{KL}(q(\mathbf{z}_{1:L}) || p(\mathbf{z}_{1:L}))"
FORM = r"(\boldsymbol{\mu}_{1:L} - \boldsymbol{\nu}_{1:L})^T \Lambda^{-1} (\boldsymbol{\mu}_{1:L} - \boldsymbol{\nu}_{1:L})"
DENSITY = r"\frac{u_j u_k + v_j v_k}{\sum_l (u_l^2 + v_l^2)}, \frac{v_j u_k - u_j v_k}{\sum_l (u_l^2 + v_l^2)}"
BRACKETS = ", ".join(rf"\langle\psi| \sigma_{n} |\psi\rangle" for n in (1, 2, 3))

TRUE = [
    ("laws", "", r"E[\nabla_a \log q(z|x)] = 0"),
    ("laws", "", r"M[\nabla_a \log q(z)] = 0"),
    ("laws", "", r"\nabla_a E[f(z)] = E[f(z) \nabla_a \log q(z|x)]"),
    ("laws", "", r"\nabla_a E[g(a) f(z)] = E[f(z)] \nabla_a g(a) + g(a) E[f(z) \nabla_a \log q(z|x)]"),
    ("laws", "", r"\nabla_b E[\log p(x, z)] = E[\nabla_b \log p(x, z)]"),
    ("laws", "", r"\nabla_b E[f(z)] = 0"),
    ("laws", "", r"E[\nabla_a \log q(z, x)] = \nabla_a \log q(x)"),
    ("laws", "split", r"\frac{\partial}{\partial a} \left[ c^2 \right] = 2 a + 2 b"),
    ("laws", "", r"\frac{\partial}{\partial a} \left[ \sin(a b) e^{a} \right] = (b \cos(a b) + \sin(a b)) e^{a}"),
    ("noise", "sampled", r"\frac{\partial}{\partial m_i} E[f(\mathbf{z}_{1:L})] = E[\frac{\partial f(\mathbf{z}_{1:L})}{\partial z_i}]"),
    ("noise", "sampled", r"\frac{\partial}{\partial s_i} E[f(\mathbf{z}_{1:L})] = E[e_i \frac{\partial f(\mathbf{z}_{1:L})}{\partial z_i}]"),
    ("normal", "q", r"E[z_i z_j] = \mu_i \mu_j + \Sigma_{ij}"),
    ("normal", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} (\text{{Tr}}(\Lambda^{{-1}} \Sigma) + {FORM} - L + \log |\Lambda| - \log |\Sigma|)"),
    ("each", "q", r"E[z_i^2] = \mu_i^2 + \sigma_i^2"),
    ("each", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} \sum_i (\mu_i^2 + \sigma_i^2 - 1 - \log \sigma_i^2)"),
    ("state", "psi", r"\langle\psi|\psi\rangle = 1"),
    ("state", "psi", r"\langle\psi| \sigma_1 |\psi\rangle = \sin(t) \cos u"),
    ("state", "psi", r"\langle\psi| \sigma_2 |\psi\rangle = \sin(t) \sin u"),
    ("state", "psi", r"\left| \langle 1|\psi\rangle \right|^2 = \sin^2(\frac{t}{2})"),
    ("state", "psi", r"e^{i u} |\psi\rangle = e^{i u} \cos\frac{t}{2}|0\rangle + e^{2 i u}\sin\frac{t}{2}|1\rangle"),
    ("state", "psi", rf"\operatorname{{rank}} \frac{{\partial({BRACKETS})}}{{\partial(t, u)}} = 2"),
    ("rank", "", rf"\operatorname{{rank}} \frac{{\partial({DENSITY})}}{{\partial(u_l, v_l)}} = 2"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(a + b, a^2 + 2 a b + b^2)}{\partial(a, b)} = 1"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(\sin(a + b), \cos(a + b))}{\partial(a, b)} = 1"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(a b, b c, a c)}{\partial(a, b, c)} = 3"),
    ("planets", "c", r"\sin(c - b) = k \sin(a - b)"),
    ("planets", "c", r"\cos(c - b) = \sqrt{1 - k^2 \sin^2(a - b)}"),
]  # fmt: skip

FALSE = [
    ("laws", "", r"E[\nabla_a \log q(z, x)] = 0"),
    ("laws", "", r"E[\nabla_a \log q(z)] = 0"),
    ("laws", "", r"M[\nabla_a \log q(z|x)] = 0"),
    ("laws", "", r"\nabla_a E[f(z)] = 0"),
    ("laws", "", r"\nabla_a E[f(z)] = E[f(z)]"),
    ("laws", "", r"\nabla_a E[f(z)] = -E[f(z) \nabla_a \log q(z|x)]"),
    ("laws", "", r"\nabla_a E[f(z)] = E[f(z) \nabla_a \log q(z, x)]"),
    ("laws", "", r"\nabla_a E[g(a) f(z)] = g(a) E[f(z) \nabla_a \log q(z|x)]"),
    ("laws", "", r"\nabla_a E[f(z)] = E[f(z)] E[\nabla_a \log q(z|x)]"),
    ("laws", "", r"E[(\nabla_a \log q(z|x))^2] = 0"),
    ("laws", "", r"E[z \nabla_a \log q(z|x)] = 0"),
    ("laws", "", r"\nabla_b E[\log p(x, z)] = 0"),
    ("laws", "", r"\nabla_x E[f(z)] = 0"),
    ("laws", "", r"\frac{\partial}{\partial a} \left[ c^2 \right] = 0"),
    ("laws", "split", r"\frac{\partial}{\partial a} \left[ c^2 \right] = 2 a"),
    ("laws", "split", r"\frac{\partial}{\partial a} \left[ g(c) \right] = 0"),
    ("laws", "", r"\frac{\partial}{\partial a} \left[ h(a) \right] = 0"),
    ("laws", "", r"\frac{\partial}{\partial z} \left[ q(z) \right] = 0"),
    ("noise", "", r"\frac{\partial}{\partial m_i} E[f(\mathbf{z}_{1:L})] = 0"),
    ("noise", "sampled", r"\frac{\partial}{\partial m_i} E[f(\mathbf{z}_{1:L})] = 0"),
    ("noise", "sampled", r"\frac{\partial}{\partial s_i} E[f(\mathbf{z}_{1:L})] = E[\frac{\partial f(\mathbf{z}_{1:L})}{\partial z_i}]"),
    ("noise", "sampled", r"\frac{\partial}{\partial s_i} E[f(\mathbf{z}_{1:L})] = s_i E[\frac{\partial f(\mathbf{z}_{1:L})}{\partial z_i}]"),
    ("noise", "sampled", r"\frac{\partial}{\partial m_i} E[f(\mathbf{z}_{1:L})] = E[f(\mathbf{z}_{1:L})]"),
    ("noise", "sampled", r"\frac{\partial}{\partial m_i} \left[ z_j \right] = 1"),
    ("step", "step", r"F(y) = F(w) - \gamma (\nabla F(w))^T \nabla F(w)"),
    ("step", "step", r"F(y) = F(w)"),
    ("normal", "q", r"E[z_i z_j] = \Sigma_{ij}"),
    ("normal", "q", r"E[z_i^3] = \mu_i^3"),
    ("normal", "q", r"E[z_i^4] = 3 \Sigma_{ii}^2"),
    ("normal", "q", r"\text{Cov}[z_i, z_j] = \Sigma_{ii}"),
    ("normal", "q", r"E[e^{z_i}] = e^{\mu_i}"),
    ("normal", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} (\text{{Tr}}(\Lambda^{{-1}} \Sigma) + {FORM} + L + \log |\Lambda| - \log |\Sigma|)"),
    ("normal", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} (\text{{Tr}}(\Lambda^{{-1}} \Sigma) + {FORM} - L + \log |\Sigma| - \log |\Lambda|)"),
    ("normal", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} (\text{{Tr}}(\Sigma^{{-1}} \Lambda) + {FORM} - L + \log |\Lambda| - \log |\Sigma|)"),
    ("normal", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} (\text{{Tr}}(\Lambda^{{-1}} \Sigma) - L + \log |\Lambda| - \log |\Sigma|)"),
    ("normal", "q, p", rf"{DIVERGENCE} = \text{{Tr}}(\Lambda^{{-1}} \Sigma) + {FORM} - L + \log |\Lambda| - \log |\Sigma|"),
    ("each", "q", r"E[z_i z_j] = \mu_i \mu_j + \sigma_i \sigma_j"),
    ("each", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} \sum_i (\mu_i^2 + \sigma_i^2 - 1 + \log \sigma_i^2)"),
    ("each", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} \sum_i (\mu_i^2 + \sigma_i^2 - 1 - \log \sigma_i)"),
    ("each", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} \sum_i (\mu_i^2 + \sigma_i^2 - \log \sigma_i^2)"),
    ("each", "q, p", rf"{DIVERGENCE} = \frac{{1}}{{2}} \sum_i (\mu_i + \sigma_i^2 - 1 - \log \sigma_i^2)"),
    ("state", "psi", r"\langle\psi|\psi\rangle = 2"),
    ("state", "psi", r"\langle\psi| \sigma_2 |\psi\rangle = -\sin(t) \sin u"),
    ("state", "psi", r"\langle\psi| \sigma_1 |\psi\rangle = \sin(t) \sin u"),
    ("state", "psi", r"\langle\psi| \sigma_1 |\psi\rangle = \sin(t)"),
    ("state", "psi", r"\langle\psi| \sigma_3 |\psi\rangle = \cos\frac{t}{2}"),
    ("state", "psi", r"\langle\psi| \sigma_3 |\psi\rangle = -\cos t"),
    ("state", "psi", r"\left| \langle 0|\psi\rangle \right|^2 = \sin^2(\frac{t}{2})"),
    ("state", "psi", r"\left| \langle 1|\psi\rangle \right|^2 = \sin(\frac{t}{2})"),
    ("state", "psi", r"\langle 1|\psi\rangle = \sin\frac{t}{2}"),
    ("state", "psi", r"e^{i u} |\psi\rangle = |\psi\rangle"),
    ("state", "", r"\langle\psi| \sigma_3 |\psi\rangle = \cos u"),
    ("state", "psi", rf"\operatorname{{rank}} \frac{{\partial({BRACKETS})}}{{\partial(t, u)}} = 1"),
    ("state", "psi", rf"\operatorname{{rank}} \frac{{\partial({BRACKETS})}}{{\partial(t, u)}} = 3"),
    ("state", "psi", r"\operatorname{rank} \frac{\partial(\langle\psi| \sigma_3 |\psi\rangle, \left| \langle 0|\psi\rangle \right|^2)}{\partial(t, u)} = 2"),
    ("rank", "", rf"\operatorname{{rank}} \frac{{\partial({DENSITY})}}{{\partial(u_l, v_l)}} = 3"),
    ("rank", "", rf"\operatorname{{rank}} \frac{{\partial({DENSITY})}}{{\partial(u_l, v_l)}} = 4"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(u_j u_k + v_j v_k, v_j u_k - u_j v_k)}{\partial(u_l, v_l)} = 2"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(a + b, a^2 + 2 a b + b^2)}{\partial(a, b)} = 2"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(\sin(a + b), \cos(a - b))}{\partial(a, b)} = 1"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(a b, b c, a c)}{\partial(a, b, c)} = 2"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(a^2 + b^2, c)}{\partial(a, b, c)} = 1"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(a, b)}{\partial(a, b, c)} = 3"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(e^{a}, e^{2 a})}{\partial(a, b)} = 2"),
    ("rank", "", r"\operatorname{rank} \frac{\partial(y_n)}{\partial(y_n)} = 3"),
    ("planets", "c", r"\sin(c - b) = \sin(a - b)"),
    ("planets", "c", r"\sin(c - a) = k \sin(a - b)"),
    ("planets", "c", r"\sin(c + b) = k \sin(a - b)"),
    ("planets", "c", r"\cos(c - b) = -\sqrt{1 - k^2 \sin^2(a - b)}"),
    ("planets", "c", r"\cos(c - b) = \sqrt{1 - k \sin^2(a - b)}"),
    ("planets", "c", r"c = b + k \sin(a - b)"),
    ("planets", "", r"\arcsin(\sin a) = a"),
]  # fmt: skip


def verdicts(folder: Path, cases: list[tuple[str, str, str]], method: str = "") -> dict[str, str]:
    """The verdicts of claims, each in its scope from its premises."""
    lines = []
    for scope, givens in GIVENS.items():
        lines.append(f"% scope: {scope}\n{givens}")
        for number, (own, premises, claim) in enumerate(cases):
            if own == scope:
                lines.append(f"% claim c-{number}: {claim}")
                lines += [f"% from: {premises}"] if premises else []
                lines += [method] if method else []
        lines.append("")
    (folder / "notation.toml").write_text(NOTATION)
    (folder / "paper.tex").write_text("\n".join(lines))
    verifier = Verifier(load_paper(folder))
    return {claim: verifier.result(f"claim-c-{number}").verdict for number, (_, _, claim) in enumerate(cases)}


def test_what_is_true_is_proved(tmp_path: Path) -> None:
    found = verdicts(tmp_path, TRUE)
    assert {claim for claim, verdict in found.items() if verdict != "proved"} == set()


def test_what_is_almost_true_is_not(tmp_path: Path) -> None:
    found = verdicts(tmp_path, FALSE)
    assert {claim: verdict for claim, verdict in found.items() if verdict in SHOWN} == {}
    assert sum(verdict == "refuted" for verdict in found.values()) >= 0.8 * len(found)


def test_a_step_of_descent_to_first_order(tmp_path: Path) -> None:
    right = r"F(w) - {} \gamma (\nabla F(w))^T \nabla F(w)"
    cases = [("step", "step", rf"F(y) \approx {right.format(n)}") for n in ("1", "2", r"\frac{1}{2}")]
    assert list(verdicts(tmp_path, cases, "% by: order 1 in s").values()) == ["proved-to-order", "refuted", "refuted"]
    second = [("step", "step", rf"F(y) \approx {right.format('1')}")]
    assert list(verdicts(tmp_path, second, "% by: order 2 in s").values()) == ["refuted"]


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (r"\nabla_{k} f(z) = 0", "k is not in the notation of the scope 'laws'"),
        (r"\nabla f(z) g(a) = 0", "where what is differentiated ends is not clear: put it in brackets"),
        (r"\frac{\partial f(z)}{\partial (a + b)} = 0", "a derivative is in a declared symbol, or in a column of them"),
        (r"\frac{\partial f(z)}{b} = 0", r"\partial stands above this fraction bar and not below it"),
        (r"\nabla a = 0", r"\nabla says no variable, and what follows is no function of one symbol"),
        (r"\operatorname{rank} \frac{\partial(a)}{\partial(a + b)} = 1", "a Jacobian is in declared symbols"),
        (r"\operatorname{rank} \frac{a}{b} = 1", r"a stands where \partial was expected"),
    ],
)
def test_what_is_no_derivative(tmp_path: Path, claim: str, message: str) -> None:
    with pytest.raises(DeriveError) as caught:
        verdicts(tmp_path, [("laws", "", claim)])
    assert message in str(caught.value)


def test_a_state_that_is_defined_in_a_symbol_changes_with_it(tmp_path: Path) -> None:
    """Also where the definition is no premise: the derivative is refused, and not zero."""
    defined = GIVENS["state"].partition("@here: ")[2].strip()
    claim = r"\frac{\partial}{\partial u} \left( \langle\psi| \sigma_1 |\psi\rangle \right) = 0"
    (tmp_path / "notation.toml").write_text(NOTATION)
    (tmp_path / "paper.tex").write_text(
        "% scope: state\n% by: definition\n"
        f"\\begin{{equation}}\n{defined}\n\\tag{{1}}\n\\end{{equation}}\n\n% claim still: {claim}\n"
    )
    assert Verifier(load_paper(tmp_path)).result("claim-still").verdict == "refuted"
