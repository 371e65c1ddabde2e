"""Random LaTeX of scalars with sums in sums, all finite at distinct positions, as strategies of Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

LETTERS = "ijkl"


def scalars(inner: tuple[str, ...]) -> st.SearchStrategy[str]:
    """LaTeX of scalars with these free indices."""
    one = st.sampled_from(inner) if inner else None
    leaves = [st.sampled_from(["2", r"\epsilon", r"\lambda", "N", r"\frac{1}{3}", r"\pi"])]
    if one is not None:
        leaves += [st.builds(lambda name, i: f"{name}_{i}", st.sampled_from("mqxy"), one)]
        leaves += [st.builds(lambda i, j: rf"\mathbf{{B}}_{{{i}{j}}}", one, one)]
        leaves += [st.builds(lambda i, j: rf"\vec{{r}}_{i} \cdot \vec{{v}}_{j}", one, one)]
        leaves += [st.builds(lambda i, j: rf"(\vec{{r}}_{i} + \vec{{v}}_{j})^2", one, one)]

    def larger(small: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds(lambda a, b: rf"\left( {a} + {b} \right)", small, small),
            st.builds(lambda a, b: rf"\left( {a} - ({b}) \right)", small, small),
            st.builds(lambda a, b: f"({a}) ({b})", small, small),
            st.builds(lambda a, b: rf"\frac{{{a}}}{{1 + ({b})^2}}", small, small),
            st.builds(lambda a: rf"\sin({a})", small),
        )

    options = [st.recursive(st.one_of(leaves), larger, max_leaves=4)]
    if len(inner) < 3:
        new = LETTERS[len(inner)]
        body = st.deferred(lambda: scalars((*inner, new)))
        options.append(st.builds(lambda b: rf"\sum_{new} \left( {b} \right)", body))
        if inner:
            other = st.sampled_from(inner)
            options.append(st.builds(lambda o, b: rf"\sum_{{{new} \neq {o}}} \left( {b} \right)", other, body))
            options.append(
                st.builds(
                    lambda o, b: rf"\sum_{{{new} \neq {o}}} \frac{{{b}}}{{|\vec{{r}}_{o} - \vec{{r}}_{new}|}}",
                    other,
                    body,
                )
            )
    return st.one_of(options).flatmap(
        lambda first: st.one_of(st.just(first), st.builds(lambda more: f"{first} + {more}", st.one_of(options)))
    )
