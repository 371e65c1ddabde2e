"""The systems of ``checks/scinet`` as experiments on the slides about it. ``python -m checks.scinet`` says more.

One check is turned round. On the whole Bloch sphere two latents, the rank, cannot be enough (Borsuk-Ulam), so that the
claim has to fail there; on the hemisphere it has to hold. Two checks need a longer training than that of the quick
size.
"""

from __future__ import annotations

from functools import partial

from checks.check import Check, Outcome, Size, told_apart
from checks.experiment import Experiment
from checks.predictions import Predictions

LONG = ("error of the angles", "latents are heliocentric")
"""Checks of the full size alone."""
SPHERE, KNEE = "one-qubit", "knee at the rank"
TITLES = {
    SPHERE: "SciNet: one qubit",
    "one-qubit-hemisphere": "SciNet: one qubit, half of its states",
    "two-qubits": "SciNet: two qubits",
    "pendulum": "SciNet: a damped pendulum",
    "heliocentric": "SciNet: the planets",
}


def run(name: str, predict: Predictions, size: Size) -> Outcome:
    from checks.scinet.claims import checks
    from checks.scinet.experiment import run as train
    from checks.scinet.plots import errors
    from checks.scinet.systems import find

    system = find(name)
    outcome = train(system, system.quick if size == "quick" else system.full)
    found: list[Check] = []
    for check in checks(outcome):
        if size == "quick" and check.name in LONG:
            continue
        found.append(told_apart(check, "as claimed") if (name, check.name) == (SPHERE, KNEE) else check)
    return Outcome(tuple(found), figure=lambda: errors([outcome]))


EXPERIMENTS = tuple(Experiment(name, ("scinet-2021",), title, (), partial(run, name)) for name, title in TITLES.items())
