"""Exported kernels held against independent simulations, each by a criterion that is stated in advance."""

from checks.check import Check
from checks.hamiltonian_motion import hamiltonian_motion
from checks.kinetic_term import kinetic_order

__all__ = ["Check", "hamiltonian_motion", "kinetic_order"]
