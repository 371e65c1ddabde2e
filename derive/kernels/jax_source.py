"""The JAX backend: a function that may be jitted, mapped and differentiated."""

from __future__ import annotations

import inspect

from derive.kernels import runtime_jax, runtime_special
from derive.kernels.factoring import arranged
from derive.kernels.hoist import materialised
from derive.kernels.jax_printer import JaxCode, jax_source
from derive.kernels.loops import Node, Reduce, Shifted, Special, loops_of, places_in
from derive.kernels.module import Body
from derive.kernels.nests import scheduled
from derive.kernels.numpy_source import takes
from derive.kernels.prepared import Prepared
from derive.kernels.special import special_nodes


def jax_body(prepared: Prepared) -> Body:
    """The kernel as JAX."""
    program = materialised(arranged(prepared.program))
    names = prepared.names
    code = JaxCode(names, prepared.sizes)
    given = [*prepared.arrays, *prepared.scalars]
    inner = jax_source(scheduled(program, names), program.results, code, program)
    written = program.written_sizes
    sizes = [name for range_, name in prepared.sizes.items() if range_ not in written]
    static = f", static_argnames={tuple(sizes)!r}" if sizes else ""
    compute = names.fresh("compute")
    function = [f"@functools.partial(jax.jit{static})", f"def {compute}({', '.join([*given, *sizes])}):"]
    dtype = prepared.dtype or "float64"
    logs = (runtime_jax._log_determinant_traced,) if takes(program, "log determinant") else ()
    wide = [] if dtype == "float32" else ['jax.config.update("jax_enable_x64", True)']
    lines = [f'{name} = _sizes["{name}"]' for name in prepared.found_sizes]
    places = [place for fill in program.fills for place in places_in(fill.body)]
    moved = {place.loop.range for place in places if isinstance(place, Shifted)}
    used = {loop.range for loop in loops_of(tuple(places))} - written.keys()
    for name in sorted(used, key=list(prepared.sizes).index):
        why = "there are no neighbours without sites" if name in moved else "JAX has no entries of empty arrays"
        lines.append(f"if {prepared.sizes[name]} == 0:")
        lines.append(f'    raise ValueError("{prepared.sizes[name]} must be 1 or more: {why}")')
    pointwise = prepared.pointwise and any(map(_counts, special_nodes(program)))
    if pointwise:
        function.insert(1, "@jnp.vectorize")
    handed = "*_given.values()" if pointwise else "**_given"
    lines.append(f"_found = {compute}({handed}{''.join(f', {name}={name}' for name in sizes)})")
    found = "jnp.broadcast_to(one, _shape)" if prepared.pointwise else "jnp.asarray(one, dtype)"
    lines.append(f"_found = tuple({found} for one in _found)")
    lines.append("return _found" if len(program.results) > 1 else "return _found[0]")
    helpers = (runtime_jax._traced, runtime_jax._some, runtime_jax._batch, *logs)
    helpers = (runtime_jax._traced_points,) if prepared.pointwise else helpers
    text = "\n".join(inner)
    special = tuple(
        inspect.getsource(one).replace("_traced(", "(")
        for one in (
            runtime_special._has_terms_traced,
            runtime_special._binomial_traced,
            runtime_special._log_binomial_traced,
            runtime_special._log_modulus_traced,
            runtime_special._balanced_traced,
        )
        if f"{one.__name__.removesuffix('_traced')}(" in text
    )
    library = ("import jax.scipy.special",) if "jax.scipy.special." in text else ()
    return Body(
        ("import functools", "", "import jax", "import jax.numpy as jnp", *library, "import numpy as np"),
        helpers,
        (
            *special,
            "\n".join([*wide, "", "", *function, *(f"    {line}" for line in inner)]),
        ),
        tuple(lines),
        check=f"_traced(SHAPES, {{given}}, {dtype!r})",
        check_points=f"_traced_points({{given}}, {dtype!r})",
    )


def _counts(node: Node) -> bool:
    """Whether a loop that counts to a value computes it, which is one number at a time."""
    return isinstance(node, Reduce) or (isinstance(node, Special) and node.name == "binomial")
