"""Exported kernels held against independent simulations, each by a criterion that is stated in advance."""

from checks.check import Check, Outcome
from checks.experiment import Experiment
from checks.predictions import Predictions

__all__ = ["Check", "Experiment", "Outcome", "Predictions"]
