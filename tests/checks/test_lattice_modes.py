"""Modes: the factors of a step are found from pairs of states alone, and a wrong one is seen."""

from __future__ import annotations

import numpy as np

from checks.lattice_modes import amplifications, apart, momenta


def test_the_eigenvalues_of_a_step_are_found() -> None:
    draw = np.random.default_rng(0)
    steps = draw.normal(size=(5, 3, 3))
    before = draw.normal(size=(5, 3, 7))
    found = amplifications(before, steps @ before)
    assert apart(found, np.linalg.eigvals(steps)[:, ::-1]) < 1e-12
    wrong = np.linalg.eigvals(steps)
    wrong[3, 1] *= 1.01
    assert apart(found, wrong) > 1e-3


def test_momenta_are_in_the_order_of_the_transform() -> None:
    p = momenta(8, 2)
    assert p.shape == (2, 8, 8)
    wave = np.exp(1j * (p[0, 2, 5] * np.arange(8)[:, None] + p[1, 2, 5] * np.arange(8)[None, :]))
    assert np.unravel_index(np.argmax(np.abs(np.fft.fft2(wave))), (8, 8)) == (2, 5)
