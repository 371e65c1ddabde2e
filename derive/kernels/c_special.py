"""In C: functions between those of the library and a kernel, and products whose factors may overflow."""

from __future__ import annotations

import re

HAS_TERMS = """
static inline int has_terms(real lower, real upper) {
    return lower == floor%(f)s(lower) && upper == floor%(f)s(upper) && upper >= lower - 1
        && fabs%(f)s(lower) < 1e15%(f)s && fabs%(f)s(upper) < 1e15%(f)s;
}
"""
BINOMIAL = """
static real binomial(real n, real k) {
    real found = 1, j = 1;
    if (k != floor%(f)s(k) || !(fabs%(f)s(k) < 1e15%(f)s)) return NAN;
    if (k < 0) return 0;
    if (n != floor%(f)s(n)) {
        while (j <= k && fabs%(f)s(found) < INFINITY) {
            if (fabs%(f)s(found) < 1) {
                found *= (n - j + 1) / j;
                j++;
            } else {
                found *= (n - k + 1) / k;
                k--;
            }
        }
        return found;
    }
    if (n < 0) {
        found = fmod%(f)s(k, 2) == 0 ? 1 : -1;
        n = k - n - 1;
    }
    if (k > n) return 0;
    if (n - k < k) k = n - k;
    for (; j <= k && fabs%(f)s(found) < INFINITY; j++) found = found * (n - k + j) / j;
    return found;
}
"""
LOG_BINOMIAL = """
static real log_binomial(real n, real k) {
    if (k < 0) return -INFINITY;
    if (n < 0 && n == floor%(f)s(n)) n = k - n - 1;
    return lgamma%(f)s(n + 1) - lgamma%(f)s(k + 1) - lgamma%(f)s(n - k + 1);
}
"""
BESSEL = """
static inline real bessel_%(kind)s(real n, real x) {
    return n == floor%(f)s(n) && fabs%(f)s(n) < 1e6%(f)s ? %(kind)sn%(f)s((int)n, x) : NAN;
}
"""


def special_helpers(text: str, suffix: str) -> str:
    """The functions of this module that a kernel calls."""
    found = HAS_TERMS if "has_terms(" in text else ""
    found += BINOMIAL if re.search(r"\bbinomial\(", text) else ""
    found += LOG_BINOMIAL if "log_binomial(" in text else ""
    found = found % {"f": suffix}
    for kind in "jy":
        found += BESSEL % {"kind": kind, "f": suffix} if f"bessel_{kind}(" in text else ""
    return found


def balanced(above: list[str], below: list[str], log: str, suffix: str) -> str:
    """A quotient of products: as it stands where each factor is so near 1 that no part of it overflows."""
    parts = [*above, *below]
    far = (37 if suffix else 300) // len(parts)
    near = " && ".join(
        f"fabs{suffix}({part}) > 1e-{far}{suffix} && fabs{suffix}({part}) < 1e{far}{suffix}"
        for part in dict.fromkeys(parts)
    )
    direct = " * ".join(above) or "1"
    direct += "".join(f" / {part}" for part in below)
    sign = " * ".join(f"copysign{suffix}(1, {part})" for part in parts)
    return f"({near} ? {direct} : {sign} * exp{suffix}({log}))"


__all__ = ["balanced", "special_helpers"]
