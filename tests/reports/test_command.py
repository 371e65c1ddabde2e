"""The commands that write reports: where they write, what they say, and how they fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from derive.cli import main

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "coupled-oscillators")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("store") / "verdicts.sqlite")


@pytest.fixture
def derive(store, monkeypatch, capsys):
    """Runs the command in this process: its exit code, standard output and standard error."""
    monkeypatch.setenv("DERIVE_STORE", store)

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--jobs", "1"])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_verify_writes_the_machine_formats_beside_what_it_prints(derive, tmp_path):
    files = tmp_path / "build" / "a.sarif", tmp_path / "build" / "a.xml"
    code, out, _ = derive("verify", EXAMPLE, "--json", "--sarif", str(files[0]), "--junit", str(files[1]))
    assert code == 0
    told = json.loads(out)["counts"]
    assert json.loads(files[0].read_text("utf-8"))["runs"][0]["properties"]["counts"] == {
        verdict: told[verdict] for verdict in told
    }
    first = [file.read_bytes() for file in files]
    derive("verify", EXAMPLE, "--sarif", str(files[0]), "--junit", str(files[1]))
    assert [file.read_bytes() for file in files] == first, "the same bytes, from the store or not"


def test_a_part_of_a_paper_is_reported_alone(derive, tmp_path):
    code, out, _ = derive("report", f"{EXAMPLE}:4-6", "-o", str(tmp_path))
    assert code == 0
    assert "3 lines." in (tmp_path / "coupled-oscillators.html").read_text("utf-8")
    assert out.splitlines()[-1].endswith("index.html")


def test_a_difference_writes_its_page_and_keeps_the_json_pure(derive, tmp_path):
    code, out, err = derive("diff", EXAMPLE, EXAMPLE, "--json", "-o", str(tmp_path))
    assert code == 0
    assert len(json.loads(out)["same"]) == 15
    assert err.strip() == str(tmp_path / "coupled-oscillators--coupled-oscillators.html")
    assert Path(err.strip()).is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("report", EXAMPLE, "--errata", "--format", "md"),
            "derive: an erratum is written as tex (the default) or pdf\n",
        ),
        (("report", "nowhere"), "derive: there is no paper 'nowhere'"),
    ],
)
def test_a_wrong_call_gets_one_sentence(derive, tmp_path, words, message):
    code, out, err = derive(*words, "-o", str(tmp_path))
    assert (code, out) == (2, "")
    assert err.startswith(message)


@pytest.mark.parametrize("command", ["report", "notebook"])
def test_a_folder_that_cannot_be_written_gets_one_sentence(derive, tmp_path, command):
    taken = tmp_path / "file"
    taken.write_text("", "utf-8")
    code, _, err = derive(command, f"{EXAMPLE}:1", "-o", str(taken / "below"))
    assert code == 2
    assert err.startswith("derive: the ")
    assert " cannot be written to " in err


def test_a_file_that_cannot_be_written_gets_one_sentence(derive, tmp_path):
    code, _, err = derive("verify", f"{EXAMPLE}:1", "--sarif", str(tmp_path))
    assert code == 2
    assert err == f"derive: the report cannot be written to {tmp_path}: Is a directory\n"


@pytest.mark.parametrize("command", ["report", "notebook"])
def test_papers_of_one_name_do_not_overwrite_each_other(derive, tmp_path, command):
    for where in ("one", "two"):
        shutil.copytree(EXAMPLE, tmp_path / where / "paper")
    folders = [str(tmp_path / where / "paper") for where in ("one", "two")]
    code, _, said = derive(command, *folders, "-o", str(tmp_path / "build"))
    assert code == 2
    assert all(folder in said for folder in folders)
    assert "both called paper" in said
    assert not (tmp_path / "build").exists()
