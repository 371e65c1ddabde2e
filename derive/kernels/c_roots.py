"""What roots by iteration need in C: from which length of a loop they pay, and the text of the functions."""

from __future__ import annotations

SHORT = 200
"""Below how many values a loop that sums uses the roots of the compiler."""
WIDE = """
#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target("prefer-vector-width=512")))
#else
#define WIDE
#endif
"""
ROOTS = """
#ifdef __AVX512F__
#include <string.h>
static inline double estimate(double x, double *e) {
    long bits;
    double y;
    memcpy(&bits, &x, sizeof bits);
    bits = 0x5fe6eb50c7b537a9 - (bits >> 1);
    memcpy(&y, &bits, sizeof y);
    *e = 1 - x * y * y;
    y += y * *e * (0.5 + 0.375 * *e);
    *e = 1 - x * y * y;
    return y + y * *e * (0.5 + 0.375 * *e);
}
static inline double root(double x, double *off) {
    double e;
    const double y = estimate(x, &e), found = x * y;
    e = 1 - found * y, *off += e * e;
    return found + 0.5 * found * e;
}
static inline double inverse_root(double x, double *off) {
    double e;
    const double y = estimate(x, &e);
    e = 1 - x * y * y, *off += e * e;
    return y + 0.5 * y * e;
}
#else
#define root(x, off) sqrt(x)
#define inverse_root(x, off) (1 / sqrt(x))
#endif
"""


__all__ = ["ROOTS", "SHORT", "WIDE"]
