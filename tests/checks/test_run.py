"""Running: what is written, what waits, what is missing, and what the command says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("jax", reason="needs the extra checks")
pytest.importorskip("matplotlib", reason="needs the extra checks")

from checks import binary_clusters
from checks.catalogue import EXPERIMENTS, select
from checks.check import Check, Outcome, told_apart
from checks.experiment import SEED, Experiment
from checks.predictions import Predictions
from checks.run import run_experiments, versions, write_results
from derive.compile import Settled
from derive.errors import DeriveError

PAPER = "inference-2024-07"
CHECK = Check("name", "(1)", "prediction", "measurement", "criterion", True, (("z", "1"),))


def experiment(run, lines: tuple[str, ...] = ("3",)) -> Experiment:
    return Experiment("one", (PAPER,), "One", lines, run)


def test_a_form_that_is_refuted_passes_where_it_fails() -> None:
    apart = told_apart(replace(CHECK, passed=False))
    assert (apart.passed, apart.name) == (True, "name, as printed")
    assert apart.criterion == "as printed it must fail this: criterion"
    assert not told_apart(CHECK).passed


def test_results_and_pictures_are_the_same_again(tmp_path: Path, predictions) -> None:
    written = []
    for folder in ("a", "b"):
        found = run_experiments(predictions(PAPER), [binary_clusters.EXPERIMENT], "quick")
        written.append(write_results(PAPER, found, "quick", tmp_path / folder))
    assert [path.name for path in written[0]] == ["results.json", "binary-clusters.png", "binary-clusters.svg"]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(*written, strict=True))
    result = json.loads(written[0][0].read_text(encoding="utf-8"))
    assert (result["schema"], result["paper"], result["size"], result["seed"]) == (1, PAPER, "quick", SEED)
    assert result["versions"] == versions()
    (one,) = result["experiments"]
    assert one["pictures"] == ["binary-clusters.png", "binary-clusters.svg"]
    assert set(one["used"]) == {f"{n} {w}" for n in one["lines"] for w in ("corrected", "as printed")}
    assert all(check["passed"] and check["numbers"] for check in one["checks"])


def test_an_experiment_on_an_open_line_waits(predictions) -> None:
    def never(*_: object) -> Outcome:
        raise AssertionError("an open line predicts nothing")

    predict = predictions(PAPER)
    predict = Predictions(predict.paper, {"3": Settled("open")})
    (found,) = run_experiments(predict, [experiment(never)], "quick")
    assert (found.outcome, found.waits_for, found.failed) == (None, ("3",), 0)
    with pytest.raises(DeriveError, match=re.escape("(3) is open; only a settled line predicts anything")):
        predict.kernel("3")


def test_a_library_that_is_missing_is_said_with_its_extra(predictions) -> None:
    def missing(*_: object) -> Outcome:
        raise ModuleNotFoundError("No module named 'equinox'", name="equinox")

    with pytest.raises(DeriveError) as caught:
        run_experiments(predictions(PAPER), [experiment(missing)], "quick")
    assert str(caught.value) == "one needs equinox, which is not installed: pip install 'derive-verifier[scinet]'"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, predictions) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeriveError, match="the results cannot be written to"):
        write_results(PAPER, [], "quick", tmp_path / "file")


def test_the_lines_say_which_experiments_are_run() -> None:
    assert [one.name for one in select(PAPER, ("59",), False)] == ["hamiltonian-form"]
    assert [one.name for one in select("inference-2024-04", ("70",), False)] == [
        "hamiltonian-form",
        "hamiltonian-motion",
    ]
    assert select("scinet-2021", ("1",), False) == ()
    assert len(select("scinet-2021", (), True)) == 5
    assert {paper for one in EXPERIMENTS for paper in one.papers} == {
        "inference-2024-07",
        "inference-2024-04",
        "fields-2024",
        "scinet-2021",
    }


def derive(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "derive", *arguments], capture_output=True, text=True, check=False)


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    done = derive("check", f"{PAPER}:S2", "-o", str(tmp_path))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{PAPER}: Clusters of correlated binary variables"
    assert lines[-1] == "6 passed, 0 failed"
    assert (tmp_path / PAPER / "results.json").is_file()
    assert str(tmp_path / PAPER / "binary-clusters.svg") in lines


def test_the_command_without_checks_says_so() -> None:
    done = derive("check", f"{PAPER}:1")
    assert (done.returncode, done.stdout) == (0, "there are no checks for these lines\n")
