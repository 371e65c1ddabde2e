"""A paper for the tests of the reports: every verdict once or more, formulas of the July paper, made-up evidence."""

# ruff: noqa: E501 -- formulas stay on one line, as they are printed
from __future__ import annotations

from typing import Any

SUM = r"\sum_i \frac{1}{2m_i} \left( p_i^2 + q_i \vec{p}_i \cdot \vec{A}_i + q_i^2 A_i^2"
CELL = r"\frac{q_%d q_%d}{|\vec{r}_%d - \vec{r}_%d|}"
HOSTILE = "</script><img src=x onerror=alert(1)> \" ' & \\input{/etc/passwd}"


def line(number: str, verdict: str, latex: str, **fields: Any) -> dict[str, Any]:
    """One equation of the contract; what a test does not mention is empty."""
    empty = {"kind": "equation", "section": "2.3", "statement": None, "read": True, "method": None, "premises": []}
    empty |= {"hypotheses": [], "slips": [], "follows": None, "inherits": [], "holds_for": None, "order": None}
    empty |= {"remainder": None, "witness": None, "correction": None, "note": ""}
    unknown = set(fields) - set(empty)
    assert not unknown, unknown
    return {"number": number, "latex": latex, "verdict": verdict, **empty, **fields}


def paper() -> dict[str, Any]:
    """Sixteen lines in two sections, and a claim."""
    cells = [CELL % (i, j, i, j) for i, j in ((1, 2), (1, 3), (2, 3))]
    matrix = rf"\mathbf{{K}} = \begin{{bmatrix}} m_1 & {cells[0]} & {cells[1]} & \cdots \\ {cells[0]} & m_2 & {cells[2]} & \cdots \\"
    matrix += rf" {cells[1]} & {cells[2]} & m_3 & \cdots \\ \vdots & \vdots & \vdots & \ddots \end{{bmatrix}}"
    gaussian = r"\mathbf{r}_{1:M}^{(d)} - \mathbf{r}'_{1:M}{}^{(d)}"
    equations = [
        line(
            "22",
            "assumption",
            r"\mathcal{P}(\mathbf{x}_{1:M}|\Theta_x) \approx \mathcal{N}(\mathbf{x}_{1:M}; \mathbf{0}, \mathbf{K})",
            statement=r"\mathcal{P}(\mathbf{x}_{1:M} \mid \Theta_x) \approx \mathcal{N}(\mathbf{x}_{1:M}; \mathbf{0}, \mathbf{K})",
            method="assumption",
            holds_for="all $M$",
            note=r"A model: two clusters at distance $2$ with $m_1 = m_2 = 1$.",
        ),
        line(
            "23",
            "proved",
            r"= ((2\pi)^M |\mathbf{K}|)^{-\frac{1}{2}} \exp\left(-\frac{1}{2} \mathbf{x}_{1:M} \mathbf{K}^{-1} \mathbf{x}_{1:M}\right)",
            statement=r"\mathcal{N}(\mathbf{x}; \mathbf{0}, \mathbf{K}) = \left((2\pi)^M |\mathbf{K}|\right)^{-\frac{1}{2}} "
            r"\exp\left(-\frac{1}{2} \mathbf{x}^T \mathbf{K}^{-1} \mathbf{x}\right)",
            method="exact",
            premises=["22"],
            hypotheses=[r"$\mathbf{K}$ is symmetric and positive definite"],
            slips=[
                r"$\mathbf{x}_{1:M} \mathbf{K}^{-1}$ lacks its transpose: read as $\mathbf{x}_{1:M}^T \mathbf{K}^{-1}$"
            ],
            follows=True,
            holds_for="all $M$",
        ),
        line("27", "definition", r"\text{Var}[x_i] = m_i", statement=r"\text{Var}[x_i] = m_i", method="definition"),
        line("29", "definition", matrix, statement=None, read=False, method="definition", premises=["27", "28"]),
        line(
            "32",
            "proved-to-order",
            r"\approx \mathbf{K}_{\text{diag}}^{-1} - \mathbf{K}_{\text{diag}}^{-1} \mathbf{K}_{\text{off}} \mathbf{K}_{\text{diag}}^{-1}",
            statement=r"\mathbf{K}^{-1} = \mathbf{K}_{\text{diag}}^{-1} - s \mathbf{K}_{\text{diag}}^{-1} "
            r"\mathbf{K}_{\text{off}} \mathbf{K}_{\text{diag}}^{-1} + \ldots",
            method="order 1 in s",
            premises=["29"],
            follows=True,
            holds_for="all $M$",
            order=1,
            remainder=r"s^2 \left(\mathbf{K}_{\text{diag}}^{-1} \mathbf{K}_{\text{off}}\right)^2 \mathbf{K}^{-1}",
            note="Measured slope of the numeric remainder: 2.000.",
        ),
        line(
            "46",
            "supported",
            r"= \prod_{d=1}^D \mathcal{N}(\mathbf{r}_{1:M}^{(d)}; \mathbf{r}'_{1:M}{}^{(d)}, \mathbf{K}^{-1})",
            statement=rf"\prod_{{d=1}}^D \left|\frac{{\mathbf{{K}}}}{{2\pi}}\right|^{{1/2}} \exp\left(-\frac{{1}}{{2}} ({gaussian})^2\right)",
            read=False,
            method="numbers",
            premises=["22", "elbo-2"],
            follows=True,
            note="40 points agree to 50 digits; no normal form for products over $d$.",
        ),
        line(
            "54",
            "refuted",
            r"= \sum_i \frac{1}{2m_i} \left( (m_i v_i)^2 + q_i m_i \vec{v}_i \cdot \sum_{j \neq i} \frac{q_j \vec{v}_j}{|\vec{r}_i - \vec{r}_j|} \right)",
            statement=r"\frac{1}{2} \sum_i \left( m_i v_i^2 + \sum_{j \neq i} \vec{v}_i \cdot \vec{v}_j k_{ij} \right) = \sum_i \frac{1}{m_i} \left( m_i^2 v_i^2 \right)",
            method="exact",
            premises=["53"],
            follows=False,
            holds_for="all $N$",
            witness={
                "values": {"N": "2", "m_1": "1", "m_2": "3/7", r"\vec{v}_1": "(1, 0, 0)", "beta": "sqrt(2)"},
                "lhs": "17/14",
                "rhs": "31/14",
            },
            correction=r"= \sum_i \frac{1}{2m_i} \left( (m_i v_i)^2 + q_i m_i \vec{v}_i \cdot \sum_{j \neq i} \frac{q_j \vec{v}_j}{|\vec{r}_i - \vec{r}_j|} \right)",
            note="The factor $2$ in the denominator is missing on the second line.",
        ),
        line(
            "57",
            "refuted",
            rf"\approx - {SUM} \right)",
            statement=rf"{SUM} - q_i^2 A_i^2 \right) = -{SUM} \right)",
            method=r"dropping $q_i^2 A_i^2$",
            premises=["55", "54"],
            follows=True,
            inherits=["54"],
            witness={"values": {"N": "1", "p_1": "1", "q_1": "0", "m_1": "1"}, "lhs": "1/2", "rhs": "-1/2"},
            correction=rf"\approx {SUM} \right)",
            note="The overall sign: printed minus derived is $-2$ times the sum.",
        ),
        line(
            "59",
            "conditional",
            r"\approx \sum_i \frac{1}{2m_i} \left( \vec{p}_i + q_i \vec{A}_i \right)^2",
            statement=r"\sum_i \frac{1}{2m_i} \left( p_i^2 + q_i \vec{p}_i \cdot \vec{A}_i \right) \approx \sum_i \frac{1}{2m_i} \left( \vec{p}_i + q_i \vec{A}_i \right)^2",
            method="dropping a term",
            premises=["57"],
            hypotheses=[r"$\vec{p}_i \cdot \vec{A}_i = 0$ for every $i$"],
            follows=False,
            holds_for="all $N$",
            remainder=r"-\sum_i \frac{q_i}{2m_i} \vec{p}_i \cdot \vec{A}_i",
            witness={"values": {"N": "2", "q_1": "1", "q_2": "1"}, "lhs": "3/2", "rhs": "2"},
        ),
        line(
            "60",
            "proved-to-order",
            r"\begin{aligned} \mathcal{L}_x &= -\log(\mathcal{P}(\Theta_x)) + \frac{M}{2} \log(2\pi) + \frac{1}{2} \log(|\mathbf{K}|) "
            r"\\ &\approx \frac{(D+1)M}{2} \log(2\pi) - \frac{(D-1)}{2} \log \left( \prod_i m_i \right) + \sum_i \left( "
            r"\frac{\mathbb{E}[x_i^2]}{2m_i} - \sum_{j \neq i} \frac{\mathbb{E}[x_i x_j]}{2m_i m_j} \frac{q_i q_j}{|\vec{r}_i - \vec{r}_j|} "
            r"+ \frac{1}{2m_i} \left( \vec{p}_i + q_i \vec{A}_i \right)^2 \right). \end{aligned}",
            method="order 1 in s",
            premises=["44", "59"],
            order=1,
            note=HOSTILE,
        ),
        line(
            "62",
            "proved",
            r"\mathbb{E}[x_i x_j] = \text{Cov}[x_i, x_j] + \mathbb{E}[x_i] \mathbb{E}[x_j]",
            method="expectation",
            premises=["27"],
        ),
        line(
            "66",
            "open",
            r"\mathcal{L}_x = \mathcal{C} - \mathcal{M}",
            statement=r"\mathcal{L}_x",
            method="eliminate",
            note="out of time after 60 s",
        ),
        line("68", "open", r"\mathcal{C} = \frac{(D+1)M}{2} \log(2\pi)", section="2.4", note="not encoded"),
        line(
            "69",
            "open",
            r"\mathcal{M} = \sum_i \left( \frac{(D-1)}{2} \log(m_i) - \frac{\epsilon^2 m_i^2}{2} \right)",
            section="2.4",
        ),
        line(
            "89",
            "open",
            r"\left| \langle b | (\vec{\sigma} \cdot \vec{v}) |\alpha\rangle \right|^2",
            section="2.4",
            note=HOSTILE,
        ),
        line("91", "open", rf"\text{{{HOSTILE[:20]}}} \write18{{rm}} " + HOSTILE, section="2.4"),
        line(
            "elbo-2",
            "refuted",
            r"the bound $\log p(x)$ is tight for every $q$",
            kind="claim",
            section="2.4",
            method="exact",
            premises=["22"],
            follows=False,
            correction=r"the bound is tight only for $q(z) = p(z|x)$",
        ),
    ]
    return {"id": "inference-sample", "title": "A sample of $N$ lines & <others>", "equations": equations}
