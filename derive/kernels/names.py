r"""Python names for printed symbols: ``\mathcal{H}`` is ``H``, ``\epsilon`` is ``epsilon``, ``r'`` is ``r_prime``."""

from __future__ import annotations

import builtins
import keyword
import re

from derive.latex.tokens import FONTS

PYTHON = frozenset(
    {"np", "dtype", "rows", "one", "out"}
    | {name for name in dir(builtins) if not name.startswith("_")}
    | {"PROVENANCE", "SHAPES", "VECTORS", "SOURCES", "self_test", "jax", "jnp", "functools", "njit", "prange"}
    | {"math", "sys", "LIMITS", "intrinsic", "overload", "cpu_target", "Complex", "Float", "float64", "int64"}
)
C = frozenset(
    {"auto", "case", "char", "const", "default", "do", "double", "enum", "extern", "float", "goto", "inline", "long"}
    | {"register", "restrict", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "void"}
    | {"unsigned", "volatile", "real", "kernel", "sizes", "arrays", "exp", "log", "sqrt", "sin", "cos", "tan", "pow"}
    | {"inverse", "determinant", "exponential", "times", "malloc", "free", "memcpy", "SIZE", "LOG"}
    | {"wide", "past_cache", "PUT", "LARGE", "FENCE", "WIDE", "root", "inverse_root", "estimate", "bits", "short_loops"}
    | {"binomial", "has_terms", "bessel_j", "bessel_y", "jn", "yn", "tgamma", "lgamma", "erf", "erfc", "NAN"}
    | {"log_binomial", "floor", "fabs", "copysign", "atan", "asin", "acos"}
    | {"sinh", "cosh", "tanh", "complex", "asm", "typeof", "linux", "unix"}
    | {"expf", "logf", "sqrtf", "sinf", "cosf", "tanf", "powf", "fabsf", "floorf", "sinhf", "coshf", "tanhf"}
    | {"INFINITY", "HUGE_VAL", "NULL", "M_E", "M_PI", "M_PI_2", "M_PI_4", "M_1_PI", "M_2_PI", "M_2_SQRTPI"}
    | {"M_LN2", "M_LN10", "M_LOG2E", "M_LOG10E", "M_SQRT2", "M_SQRT1_2"}
)
RESERVED = PYTHON | C
"""What the generated code uses itself. Its helper functions begin with an underscore, as no symbol does."""
_FONT = re.compile("(?:" + "|".join(re.escape(font) for font in sorted(FONTS)) + r")(?![A-Za-z])")


def identifier(printed: str) -> str:
    r"""A Python identifier of ASCII letters, digits and underscores for a printed symbol.

    >>> [identifier(text) for text in (r"\mathcal{H}", r"\epsilon", "r'", r"\mathbf{K}_{\text{diag}}", r"\lambda")]
    ['H', 'epsilon', 'r_prime', 'K_diag', 'lambda_']
    """
    text = _FONT.sub("", printed)
    text = text.replace("'", "_prime").replace("*", "_star")
    text = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    if not text or text[0].isdigit():
        text = f"x_{text}".rstrip("_")
    return f"{text}_" if keyword.iskeyword(text) else text


class Names:
    """Names that are taken in one function. Each printed thing keeps the name that it got first."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set(RESERVED)

    def of(self, kind: str, printed: str) -> str:
        """The name of a thing of some kind (symbol, size, …); a number is added when another one has the name."""
        key = (kind, printed)
        if key not in self._given:
            self._given[key] = self.fresh(identifier(printed))
        return self._given[key]

    def fresh(self, wanted: str) -> str:
        """A name that nothing has: the wanted one, or with a number behind."""
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return name
