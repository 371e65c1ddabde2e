"""Fields and dynamical systems: variables that depend on time and place, what moves them, and matrices that act on
them.

A scope with ``summation = "repeated"`` is read with Einstein's convention: an index that stands twice in a product, and
is not free in the line, is summed over.
"""
