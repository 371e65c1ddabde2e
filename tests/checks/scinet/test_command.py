"""The command: what it writes, the same bytes again, and one sentence for a wrong call."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("equinox", reason="needs the extra scinet")
pytest.importorskip("matplotlib", reason="needs the extra scinet")

from checks.scinet import __main__ as command
from checks.scinet import antipodes, systems
from checks.scinet.systems import SYSTEMS


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """All systems at a size at which nothing is learned."""
    size = {"samples": 200, "tested": 50, "width": 4, "batch": 8, "steps": 20, "chunk": 10, "seeds": (0,)}
    shrunk = tuple(replace(system, quick=replace(system.quick, **size)) for system in SYSTEMS)
    monkeypatch.setattr(systems, "SYSTEMS", shrunk)
    monkeypatch.setattr(antipodes, "REFINED", 1)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_results_and_plots_are_written_and_are_the_same_again(small, tmp_path: Path, capsys) -> None:
    names = ["one-qubit", "heliocentric"]
    codes = [command.main(["--quick", "-o", str(tmp_path / folder), *names]) for folder in ("a", "b")]
    assert codes == [1, 1], "a network that has learned nothing bears nothing out"
    first, second = everything(tmp_path / "a"), everything(tmp_path / "b")
    assert first == second
    plots = {
        f"quick/{name}.{kind}" for name in ("errors", "answers", "latents-heliocentric") for kind in ("png", "svg")
    }
    assert {name for name in first if "checkpoints" not in name} == plots | {"quick/results.json"}
    results = json.loads(first["quick/results.json"])
    assert (results["schema"], results["size"]) == (1, "quick")
    assert [rank["rank"] for rank in results["ranks"]] == [2, 6, 14, 2, 2]
    assert set(results["versions"]) == {"python", "jax", "jaxlib", "equinox", "optax", "numpy"}
    assert [system["system"] for system in results["systems"]] == names
    assert [len(system["relations"]) + len(system["antipodes"]) for system in results["systems"]] == [1, 1]
    printed = capsys.readouterr().out
    assert "FAILED  knee at the rank" in printed
    assert str(tmp_path) in printed


def test_an_interrupted_call_goes_on_to_the_same_results(small, tmp_path: Path, monkeypatch, capsys) -> None:
    from checks.scinet import checkpoints

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    command.main(["--quick", "-o", str(whole), "pendulum"])
    saved, save = [], checkpoints.save

    def interrupted(*arguments) -> None:
        save(*arguments)
        saved.append(arguments)
        if len(saved) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", interrupted)
    assert command.main(["--quick", "-o", str(cut), "pendulum"]) == 130
    assert "scinet: interrupted; the same call goes on from the last checkpoint" in capsys.readouterr().err
    assert not (cut / "quick" / "results.json").exists()
    command.main(["--quick", "-o", str(cut), "pendulum"])
    assert everything(cut) == everything(whole)


def test_an_unknown_system_is_one_sentence(capsys) -> None:
    assert command.main(["four-qubits"]) == 2
    said = f"scinet: unknown system 'four-qubits'; systems: {command.NAMES}\n"
    assert capsys.readouterr().err == said


def test_the_help_names_all_systems() -> None:
    assert ", ".join(system.name for system in SYSTEMS) == command.NAMES


def test_a_folder_that_cannot_be_written_is_one_sentence(small, tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("")
    assert command.main(["--quick", "-o", str(tmp_path / "file"), "pendulum"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("scinet: the checkpoint cannot be written to ")


WITHOUT = "import sys; sys.modules['{}'] = None; from checks.scinet.__main__ import main; sys.exit(main(['--quick']))"


@pytest.mark.parametrize("missing", ["jax", "equinox", "optax", "matplotlib"])
def test_without_the_extra_it_says_what_to_install(missing: str, tmp_path: Path) -> None:
    called = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert called.returncode == 2
    assert called.stderr == f"scinet: {missing} is not installed; pip install 'derive-verifier[scinet]'\n"


def test_the_ranks_do_without_the_extra() -> None:
    blocked = "import sys; sys.modules.update(dict.fromkeys(['jax', 'equinox', 'optax', 'matplotlib']));"
    code = f"{blocked} from checks.scinet import ranks; print(ranks.qubits(2).rank)"
    called = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert called.stdout == "6\n"
