"""Training: it goes on after an interruption to the same bits, and never from the state of another experiment."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("equinox", reason="needs the extra scinet")

import equinox as eqx
import jax

from checks.scinet import checkpoints
from checks.scinet.systems import Settings, find
from checks.scinet.training import Experiment, Trained, train
from derive.errors import DeriveError

SMALL = Settings((1, 2), (0,), samples=300, width=8, batch=16, steps=40, chunk=10, tested=50)
SYSTEM = find("pendulum")


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return Experiment.of(SYSTEM, SMALL, 0)


def bits(trained: Trained) -> list[bytes]:
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(eqx.filter(trained.network, eqx.is_array))]


def interrupt(at: int):
    def after(done: int) -> None:
        if done == at:
            raise KeyboardInterrupt

    return after


@pytest.mark.parametrize("system", ["pendulum", "heliocentric"])
def test_an_interruption_does_not_change_a_bit(system: str, tmp_path: Path) -> None:
    experiment = Experiment.of(find(system), SMALL, 0)
    path, calls = tmp_path / "run.checkpoint", []
    for at in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            train(experiment, 2, path=path, after=interrupt(at))
    resumed = train(experiment, 2, path=path, after=calls.append)
    assert calls == [3, 4]
    assert bits(resumed) == bits(train(experiment, 2))


def test_a_finished_training_is_only_read(experiment: Experiment, tmp_path: Path) -> None:
    path, calls = tmp_path / "run.checkpoint", []
    first = train(experiment, 1, path=path)
    written = path.read_bytes()
    again = train(experiment, 1, path=path, after=calls.append)
    assert (bits(again), calls, path.read_bytes()) == (bits(first), [4], written)
    assert [found.name for found in tmp_path.iterdir()] == ["run.checkpoint"]


KILLED = """
import sys, time
from pathlib import Path
from checks.scinet.systems import Settings, find
from checks.scinet.training import Experiment, train
settings = Settings((1, 2), (0,), samples=300, width=8, batch=16, steps=40, chunk=10, tested=50)
train(Experiment.of(find("pendulum"), settings, 0), 2, path=Path(sys.argv[1]), after=lambda done: time.sleep(1))
"""


def test_a_killed_process_leaves_what_another_goes_on_from(experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)])
    for _ in range(600):
        if path.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    assert json.loads(path.read_bytes().split(b"\n")[0])["chunks"] < SMALL.chunks
    assert bits(train(experiment, 2, path=path)) == bits(train(experiment, 2))


def test_other_settings_do_not_go_on_from_it(experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    train(experiment, 2, path=path)
    other = replace(experiment, settings=replace(SMALL, rate=1e-2))
    with pytest.raises(DeriveError) as caught:
        train(other, 2, path=path)
    assert str(caught.value) == (
        f"{path} comes from other settings or versions; choose another folder, or remove this one"
    )
    with pytest.raises(DeriveError, match="comes from other settings"):
        train(experiment, 1, path=path)


@pytest.mark.parametrize("content", [b"", b"\x00\xff not a checkpoint\n", b'{"chunks": 1}\n', b"[]\n"])
def test_a_broken_file_is_named(content: bytes, experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    path.write_bytes(content)
    with pytest.raises(DeriveError) as caught:
        train(experiment, 1, path=path)
    assert str(caught.value) == f"{path} is no checkpoint that can be read; remove it to train again"


def test_a_cut_file_is_named(experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    train(experiment, 1, path=path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DeriveError, match="is no checkpoint that can be read"):
        train(experiment, 1, path=path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "run.checkpoint"
    with pytest.raises(DeriveError, match=r"^the checkpoint cannot be written to .*run\.checkpoint: "):
        checkpoints.save(path, (np.zeros(1),), 1, "mark")


def test_the_seed_decides_the_network(experiment: Experiment) -> None:
    assert bits(train(experiment, 2)) == bits(train(experiment, 2))
    assert bits(train(experiment, 2)) != bits(train(Experiment.of(SYSTEM, SMALL, 1), 2))


def test_more_latents_than_there_is_room_for_are_refused(experiment: Experiment) -> None:
    with pytest.raises(ValueError, match=r"^3 latents: there is room for 0 to 2$"):
        train(experiment, 3)


def test_the_error_is_in_natural_units(experiment: Experiment) -> None:
    """It is that of the answers, which are standardised for the network and not for the user."""
    trained, samples = train(experiment, 2), experiment.samples
    wrong = trained.answer(samples.observation, samples.question) - samples.answer
    assert trained.error() == pytest.approx(float(np.sqrt(np.mean(wrong**2))))
    assert trained.error() < 1.5 * float(samples.answer.std())
