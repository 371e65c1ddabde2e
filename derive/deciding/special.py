"""Values of special functions in ball arithmetic, in SymPy's conventions; `None` on branch cuts.

Conventions that differ between tables and programs: elliptic integrals take the parameter m = k**2; `lowergamma` and
`uppergamma` are not regularised; Fresnel integrals carry pi/2 in their argument; Hermite polynomials are those of
physics (DLMF 18.3). What is outside the domain on which Arb's function is the same one is left without a value.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, arb, fmpq

Value = Any


def _integer(x: Value) -> int | None:
    return int(x.p) if isinstance(x, fmpq) and x.q == 1 else None


def off_ray(z: Any, start: int = 0, *, leftwards: bool = True) -> bool:
    """Is the ball certainly off the real ray from `start`?"""
    if not z.imag.contains(arb(0)):
        return True
    return bool(z.real > start) if leftwards else bool(z.real < start)


def _power_like(method: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    """A Bessel function: cut along the negative axis unless the order is an integer."""

    def rule(order: Value, x: Value) -> Value:
        z = acb(x)
        if z.is_zero() or (_integer(order) is None and not off_ray(z)):
            return None
        return method(z, acb(order))

    return rule


def _second_kind(method: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    """A Bessel function with a logarithm: cut along the negative axis for every order."""
    return lambda order, x: method(acb(x), acb(order)) if off_ray(acb(x)) else None


def _spherical(kind: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    def rule(order: Value, x: Value) -> Value:
        z = acb(x)
        if not off_ray(z):
            return None
        return (acb.pi() / (2 * z)).sqrt() * kind(z, acb(order) + acb(fmpq(1, 2)))

    return rule


def hypergeometric(upper: list[Value], lower: list[Value], x: Value) -> Value:
    """pFq: by its series, or by 2F1's continuation off the cut from 1."""
    z = acb(x)
    a, b = [acb(v) for v in upper], [acb(v) for v in lower]
    finite = any((n := _integer(v)) is not None and n <= 0 for v in upper)
    if any((n := _integer(v)) is not None and n <= 0 for v in lower):
        return None
    if not finite and len(a) > len(b):
        if len(a) > len(b) + 1:
            return None
        if not abs(z) < 1 and not (
            len(a) == 2 and (off_ray(z, 1, leftwards=False) or ((z - 1).is_zero() and (b[0] - a[0] - a[1]).real > 0))
        ):
            return None
    if not finite and len(a) == 2 and len(b) == 1:
        return z.hypgeom_2f1(a[0], a[1], b[0])
    return z.hypgeom(a, b)


def _polylog(s: Value, x: Value) -> Value:
    z = acb(x)
    if (z - 1).is_zero():
        return acb(s).zeta() if acb(s).real > 1 else None
    return z.polylog(acb(s)) if off_ray(z, 1, leftwards=False) else None


def _zeta(s: Value, a: Value = None) -> Value:
    if a is None:
        return acb(s).zeta()
    return acb(s).zeta(acb(a)) if acb(a).real > 0 else None


def _lerch(z: Value, s: Value, a: Value) -> Value:
    return acb(z).lerch_phi(acb(s), acb(a)) if acb(a).real > 0 and abs(acb(z)) < 1 else None


def _harmonic(n: Value, order: Value = None) -> Value:
    m = 1 if order is None else _integer(order)
    count = _integer(n)
    if count is not None and 0 <= count <= 2000 and m is not None:
        return sum((fmpq(1, k) ** m if m >= 0 else fmpq(k) ** -m for k in range(1, count + 1)), start=fmpq(0))
    if m != 1:
        return None
    return (acb(n) + 1).digamma() + acb(arb.const_euler())


def _bernoulli(n: Value, x: Value = None) -> Value:
    count = _integer(n)
    if count is None or not 0 <= count <= 500:
        return None
    if x is None:
        number = sp.bernoulli(count)
        return fmpq(int(number.p), int(number.q))
    if isinstance(x, fmpq):
        total = fmpq(0)
        for k in range(count + 1):
            number = sp.bernoulli(k) if k != 1 else sp.Rational(-1, 2)
            total += fmpq(int(sp.binomial(count, k))) * fmpq(int(number.p), int(number.q)) * x ** (count - k)
        return total
    return acb(x).bernoulli_poly(count)


def _numbers(kind: Any, least: int) -> Callable[[Value], Value]:
    """A sequence of integers that SymPy knows exactly."""

    def rule(n: Value) -> Value:
        count = _integer(n)
        if count is None or not least <= count <= 2000:
            return None
        return fmpq(int(kind(count)))

    return rule


def _rising(x: Value, n: Value) -> Value:
    count = _integer(n)
    if count is not None and 0 <= count <= 2000:
        total = x * 0 + 1
        for k in range(count):
            total = total * (x + k)
        return total
    return (acb(x) + acb(n)).gamma() * acb(x).rgamma()


def _falling(x: Value, n: Value) -> Value:
    count = _integer(n)
    if count is not None and 0 <= count <= 2000:
        total = x * 0 + 1
        for k in range(count):
            total = total * (x - k)
        return total
    return (acb(x) + 1).gamma() * (acb(x) - acb(n) + 1).rgamma()


def _double_factorial(n: Value) -> Value:
    count = _integer(n)
    return None if count is None or not -1 <= count <= 2000 else fmpq(int(sp.factorial2(count)))


def _catalan(n: Value) -> Value:
    z = acb(n)
    return acb(4) ** z * (z + acb(fmpq(1, 2))).gamma() / (acb.pi().sqrt() * (z + 2).gamma())


def _polynomial(method: str, parameters: int) -> Callable[..., Value]:
    """An orthogonal polynomial of non-negative integer degree, at any argument."""

    def rule(n: Value, *rest: Value) -> Value:
        count = _integer(n)
        if count is None or count < 0:
            return None
        extra = [acb(v) for v in rest[:parameters]]
        if method == "laguerre_l" and not extra:
            extra = [acb(0)]
        return getattr(acb(rest[-1]), method)(acb(count), *extra)

    return rule


def _legendre_associated(n: Value, m: Value, x: Value) -> Value:
    degree, order = _integer(n), _integer(m)
    z = acb(x)
    if degree is None or order is None or degree < 0 or not z.imag.is_zero() or not abs(z) < 1:
        return None
    return z.legendre_p(acb(degree), acb(order))


def _elliptic(method: str) -> Callable[[Value], Value]:
    return lambda m: getattr(acb(m), method)() if off_ray(acb(m), 1, leftwards=False) else None


def _cut(method: str) -> Callable[[Value], Value]:
    """A function with its cut along the negative axis."""
    return lambda x: getattr(acb(x), method)() if off_ray(acb(x)) else None


def _lambert(x: Value, branch: Value = None) -> Value:
    if branch is not None and _integer(branch) != 0:
        return None
    z = acb(x)
    # The branch point is at -1/e = -0.3678…
    return z.lambertw() if not z.imag.contains(arb(0)) or z.real > arb(-0.3671875) else None


def _incomplete(method: str) -> Callable[[Value, Value], Value]:
    def rule(s: Value, x: Value) -> Value:
        z = acb(x)
        if not ((n := _integer(s)) is not None and n > 0) and not off_ray(z):
            return None
        return None if z.contains(acb(0)) else getattr(z, method)(acb(s))

    return rule


def _expint(s: Value, x: Value) -> Value:
    return acb(x).expint(acb(s)) if off_ray(acb(x)) else None


def _ei(x: Value) -> Value:
    z = acb(x)
    if z.imag.is_zero() and not z.real.contains(arb(0)):
        return acb(z.real.ei())
    return z.ei() if off_ray(z) else None


def _derivative_of_airy(method: str) -> Callable[[Value], Value]:
    return lambda x: getattr(acb(x), method)(derivative=1)


SPECIAL: dict[type, Callable[..., Value]] = {
    sp.besselj: _power_like(acb.bessel_j), sp.besseli: _power_like(acb.bessel_i),
    sp.bessely: _second_kind(acb.bessel_y), sp.besselk: _second_kind(acb.bessel_k),
    sp.hankel1: _second_kind(lambda z, nu: z.bessel_j(nu) + acb(0, 1) * z.bessel_y(nu)),
    sp.hankel2: _second_kind(lambda z, nu: z.bessel_j(nu) - acb(0, 1) * z.bessel_y(nu)),
    sp.jn: _spherical(acb.bessel_j), sp.yn: _spherical(acb.bessel_y),
    sp.airyai: lambda x: acb(x).airy_ai(), sp.airybi: lambda x: acb(x).airy_bi(),
    sp.airyaiprime: _derivative_of_airy("airy_ai"), sp.airybiprime: _derivative_of_airy("airy_bi"),
    sp.polylog: _polylog, sp.zeta: _zeta, sp.lerchphi: _lerch,
    sp.dirichlet_eta: lambda s: acb(s).dirichlet_eta(),
    sp.harmonic: _harmonic, sp.bernoulli: _bernoulli,
    sp.fibonacci: _numbers(sp.fibonacci, 0), sp.lucas: _numbers(sp.lucas, 0), sp.euler: _numbers(sp.euler, 0),
    sp.catalan: _catalan, sp.factorial2: _double_factorial,
    sp.RisingFactorial: _rising, sp.FallingFactorial: _falling,
    sp.legendre: _polynomial("legendre_p", 0), sp.hermite: _polynomial("hermite_h", 0),
    sp.chebyshevt: _polynomial("chebyshev_t", 0), sp.chebyshevu: _polynomial("chebyshev_u", 0),
    sp.laguerre: _polynomial("laguerre_l", 0), sp.assoc_laguerre: _polynomial("laguerre_l", 1),
    sp.gegenbauer: _polynomial("gegenbauer_c", 1), sp.jacobi: _polynomial("jacobi_p", 2),
    sp.assoc_legendre: _legendre_associated,
    sp.elliptic_k: _elliptic("elliptic_k"), sp.elliptic_e: _elliptic("elliptic_e"),
    sp.LambertW: _lambert, sp.lowergamma: _incomplete("gamma_lower"), sp.uppergamma: _incomplete("gamma_upper"),
    sp.expint: _expint, sp.Ei: _ei, sp.li: lambda x: acb(x).li() if off_ray(acb(x), 1) else None,
    sp.Si: lambda x: acb(x).si(), sp.Ci: _cut("ci"), sp.Shi: lambda x: acb(x).shi(), sp.Chi: _cut("chi"),
    sp.fresnels: lambda x: acb(x).fresnel_s(), sp.fresnelc: lambda x: acb(x).fresnel_c(),
}  # fmt: skip

# Entire, or with poles only: no branch is crossed wherever there is a value.
MEROMORPHIC: frozenset[type] = frozenset(
    {sp.airyai, sp.airybi, sp.airyaiprime, sp.airybiprime, sp.dirichlet_eta, sp.Si, sp.Shi, sp.fresnels, sp.fresnelc,
     sp.legendre, sp.hermite, sp.chebyshevt, sp.chebyshevu, sp.laguerre, sp.assoc_laguerre, sp.gegenbauer, sp.jacobi,
     sp.RisingFactorial, sp.FallingFactorial}
)  # fmt: skip
