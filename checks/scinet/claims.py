"""What is claimed of the trained networks, each by a criterion that was fixed before they were trained."""

from __future__ import annotations

import math
from statistics import median

import numpy as np

from checks.check import Check, digits
from checks.scinet.experiment import Outcome
from checks.scinet.knee import FACTOR, RULE
from checks.scinet.latents import Relation

LEARNED = 0.2
"""The largest error, relative to that of the best constant answer, of what counts as learned."""
ANGLE_ERROR = 0.004
"""The error of the angles that is reported for the heliocentric model, relative to a full turn (Iten et al. 2020)."""
LINEAR = 0.99
"""The least R² of a latent that counts as a linear combination of the heliocentric angles."""
PREFERRED = 5.0
"""How many times as much of θ_M as of φ_M the latents have to leave unexplained to count as heliocentric."""
HALF = 0.45
"""The error between two orthogonal states with the same latents: one half, less what the search may be off."""


def checks(outcome: Outcome) -> tuple[Check, ...]:
    """All checks of a system. One whose number of latents was not tried fails and says so."""
    found = [_learned(outcome), _too_few(outcome), _knee(outcome)]
    if outcome.system.sphere:
        found.append(_antipodes(outcome))
    if outcome.system.evolves:
        found += [_angles(outcome), _linear(outcome)]
    return tuple(found)


def _measured(outcome: Outcome) -> str:
    settings = outcome.settings
    return (
        f"{settings.steps} steps of {settings.batch} samples for each number of latents and each seed of"
        f" {', '.join(map(str, settings.seeds))}; root mean square on {settings.tested} other samples"
    )


def _learned(outcome: Outcome) -> Check:
    curve = outcome.curve
    return Check(
        "answers are learned",
        outcome.system.name,
        "enough latents answer the questions",
        _measured(outcome),
        f"with the most latents the median error is below {LEARNED:g} of that of the best constant",
        curve.floor < LEARNED * outcome.deviation,
        (
            (f"error with {curve.latents[-1]} latents", _with_spread(outcome, curve.latents[-1])),
            ("error of the best constant", digits(outcome.deviation)),
        ),
    )


def _too_few(outcome: Outcome) -> Check:
    few, criterion = outcome.rank.rank - 1, "with one latent fewer than the rank, the median error is above "
    criterion += f"{FACTOR:g} times that of the largest number tried"
    prediction = f"the Jacobian has rank {outcome.rank.rank}, so fewer latents cannot answer"
    if few not in outcome.errors:
        return _not_tried("one latent too few", outcome, prediction, criterion, few)
    return Check(
        "one latent too few",
        outcome.system.name,
        prediction,
        _measured(outcome),
        criterion,
        outcome.curve.is_above(few),
        (
            (f"error with {few}", _with_spread(outcome, few)),
            ("limit", digits(FACTOR * outcome.curve.floor)),
        ),
    )


def _knee(outcome: Outcome) -> Check:
    rank, curve = outcome.rank.rank, outcome.curve
    prediction, criterion = "as many latents as the rank are enough", f"the rank is {RULE}"
    if rank not in outcome.errors:
        return _not_tried("knee at the rank", outcome, prediction, criterion, rank)
    return Check(
        "knee at the rank",
        outcome.system.name,
        prediction,
        _measured(outcome),
        criterion,
        curve.knee == rank,
        (
            ("rank", str(rank)),
            ("knee", str(curve.knee)),
            ("steepest fall at", str(curve.steepest)),
            (f"error with {rank}", _with_spread(outcome, rank)),
            ("limit", digits(FACTOR * curve.floor)),
        ),
    )


def _antipodes(outcome: Outcome) -> Check:
    name, prediction = (
        "a cut of the sphere",
        "two latents give some two orthogonal states the same latents (Borsuk-Ulam)",
    )
    criterion = f"for each seed, an answer between the two nearest antipodes is wrong by {HALF:g} or more"
    if not outcome.antipodes:
        return _not_tried(name, outcome, prediction, criterion, outcome.rank.rank)
    return Check(
        name,
        outcome.system.name,
        prediction,
        _measured(outcome),
        criterion,
        min(found.worst for found in outcome.antipodes) >= HALF,
        (
            ("least of the errors", digits(min(found.worst for found in outcome.antipodes))),
            ("largest relative distance of latents", digits(max(found.apart for found in outcome.antipodes))),
        ),
    )


def _angles(outcome: Outcome) -> Check:
    rank, name = outcome.rank.rank, "error of the angles"
    prediction = "two latents that evolve by a constant predict the angles of the Sun and of Mars"
    criterion = f"with {rank} latents the median error is below {ANGLE_ERROR:.1%} of a turn"
    if rank not in outcome.errors:
        return _not_tried(name, outcome, prediction, criterion, rank)
    return Check(
        name,
        outcome.system.name,
        prediction,
        _measured(outcome),
        criterion,
        outcome.curve.medians[rank] < ANGLE_ERROR,
        ((f"error with {rank}", _with_spread(outcome, rank)),),
    )


def _linear(outcome: Outcome) -> Check:
    name, prediction = "latents are heliocentric", "each latent is linear in φ_E and φ_M, rather than in θ_S and θ_M"
    criterion = (
        f"in the median over the seeds, the worse latent has R² of {LINEAR:g} or more on (φ_E, φ_M), and the latents"
        f" leave {PREFERRED:g} times as much of θ_M unexplained as of φ_M, or more"
    )
    found = outcome.relations
    if not found:
        return _not_tried(name, outcome, prediction, criterion, outcome.rank.rank)
    worse = [float(each.heliocentric.explained.min()) for each in found]
    least, preferred = median(worse), median(_preferred(each) for each in found)
    steps = [np.abs(each.step - each.step_implied).max() / np.abs(each.step).max() for each in found]
    return Check(
        name,
        outcome.system.name,
        prediction,
        _measured(outcome),
        criterion,
        least >= LINEAR and preferred >= PREFERRED,
        (
            ("R² of the worse latent", f"{digits(least)} [{digits(min(worse))}, {digits(max(worse))}]"),
            ("the same on (θ_S, θ_M)", digits(median(float(each.geocentric.explained.min()) for each in found))),
            ("R² of φ_M by the latents", digits(median(each.mars_from_sun for each in found))),
            ("R² of θ_M by the latents", digits(median(each.mars_from_earth for each in found))),
            ("unexplained θ_M / φ_M", digits(preferred)),
            ("step learned against implied, relative difference", digits(float(median(steps)))),
            ("R² of the rest by the invariant", digits(median(float(each.rest_by_invariant.min()) for each in found))),
        ),
    )


def _preferred(found: Relation) -> float:
    """How many times as much of θ_M as of φ_M the latents leave unexplained."""
    rest = 1 - found.mars_from_sun
    return (1 - found.mars_from_earth) / rest if rest > 0 else math.inf


def _with_spread(outcome: Outcome, latents: int) -> str:
    errors = outcome.errors[latents]
    return f"{digits(median(errors))} [{digits(min(errors))}, {digits(max(errors))}] {outcome.system.unit}"


def _not_tried(name: str, outcome: Outcome, prediction: str, criterion: str, latents: int) -> Check:
    why = (("why", f"{latents} latents were not tried"),)
    return Check(name, outcome.system.name, prediction, "none", criterion, False, why)
