"""Staying up: limits that end a line, interruption, two runs at once, a damaged store; the same bytes every time."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from derive.store import Store, program_digest

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals as Linux has them")
EQUAL = r"\sum_i (a_i + b_i) = \sum_i a_i + \sum_i b_i"
HOPELESS = r"\left( \sum_i a_i \right)^{40} = \left( \sum_i a_i b_i \right)^{40}"
NOTATION = """
[scope.s.ranges]
item = { size = "N", indices = "i j" }
[scope.s.symbols]
a = { slots = "item" }
b = { slots = "item" }
"""
SHARE = (
    "inference-2024-07:48-50",
    "inference-2024-07:116-118",
    "inference-2024-04:27-31",
    "scinet-2021",
    "fields-2024:2.1-2.3",
)
"""A few lines of each paper, with laws, operators and matrices."""


def paper(folder: Path, *formulas: str) -> Path:
    """A paper with these lines."""
    folder.mkdir(exist_ok=True)
    lines = (
        f"% by: exact\n\\begin{{equation}} {f} \\tag{{{n}}} \\end{{equation}}\n" for n, f in enumerate(formulas, 1)
    )
    (folder / "paper.tex").write_text("% scope: s\n\n" + "\n".join(lines), "utf-8")
    (folder / "notation.toml").write_text(NOTATION, "utf-8")
    return folder


def environment(store: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "DERIVE_STORE": str(store), **more}


def start(store: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "derive", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment(store, **more))


def verify(store: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a run to its end."""
    process = start(store, "verify", "--json", *arguments, **more)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def kept(store: Path) -> list[str]:
    """The numbers of the lines that a store has."""
    if not store.exists():
        return []
    with sqlite3.connect(store) as connection:
        try:
            return sorted(number for (number,) in connection.execute("SELECT number FROM verdicts"))
        except sqlite3.OperationalError:
            return []


def wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.05)


def verdicts(out: str) -> dict[str, str]:
    return {line["number"]: line["verdict"] for found in json.loads(out)["papers"] for line in found["equations"]}


# -- the same bytes --------------------------------------------------------------------------------------------------


def test_the_same_bytes_whatever_the_workers_and_the_hash_seed(tmp_path: Path) -> None:
    one = verify(tmp_path / "one", *SHARE, "--jobs", "1", "--no-store", PYTHONHASHSEED="1")
    three = verify(tmp_path / "two", *SHARE, "--jobs", "3", PYTHONHASHSEED="7")
    again = verify(tmp_path / "two", *SHARE, "--jobs", "2", PYTHONHASHSEED="5")
    assert one == three == again


# -- limits ----------------------------------------------------------------------------------------------------------

ENDLESS = {
    "a loop inside C": (3, "re.match('(a+)+$', 'a' * 60 + 'b')", "not decided within 3 seconds"),
    "a loop in Python": (3, "exec('while True: pass')", "not decided within 3 seconds"),
    "memory without end": (90, "[bytearray(2 ** 24) for _ in iter(int, 1)]", "not decided within 1 GB of memory"),
    "memory without end inside C": (90, "flint.fmpz(3) ** (10 ** 11)", "not decided"),
    "an end of the process": (90, "os.kill(os.getpid(), 9)", "not decided: its process was ended by signal 9"),
}


@linux
@pytest.mark.parametrize("case", ENDLESS.values(), ids=ENDLESS)
def test_what_would_not_end_is_ended_and_the_run_goes_on(tmp_path: Path, case: tuple[int, str, str]) -> None:
    """The second line of three does this in the place of being decided."""
    seconds, does, said = case
    script = f"""
        import flint, os, re, sys
        import derive.run
        from derive.cli import main
        from derive.verify import Verifier

        decide = Verifier.result

        def result(self, number):
            if number == "2":
                {does}
            return decide(self, number)

        Verifier.result = result
        derive.run.MEMORY = 1 << 30
        main(["verify", {str(paper(tmp_path / "little", EQUAL, EQUAL, EQUAL))!r}, "--json", "--timeout", "{seconds}"])
    """
    store = tmp_path / "store.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(store),
    )
    assert done.returncode == 1
    found = {line["number"]: line for line in json.loads(done.stdout)["papers"][0]["equations"]}
    assert [found[number]["verdict"] for number in "123"] == ["proved", "open", "proved"]
    assert found["2"]["note"].startswith(said)
    assert kept(store) == ["1", "3"]


# -- interruption ----------------------------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_keeps_what_was_decided(tmp_path: Path, sign: signal.Signals) -> None:
    store = tmp_path / "store.sqlite"
    little = str(paper(tmp_path / "little", EQUAL, EQUAL, HOPELESS))
    process = start(store, "verify", little, "--json")
    wait_for(lambda: kept(store) == ["1", "2"])
    process.send_signal(sign)
    _, err = process.communicate(timeout=60)
    assert process.returncode == (130 if sign == signal.SIGINT else -9)
    assert "Traceback" not in err
    assert kept(store) == ["1", "2"]
    wait_for(lambda: not running_on(store))
    code, out, err = verify(store, little, "--timeout", "3")
    assert (code, err) == (1, "")
    assert verdicts(out) == {"1": "proved", "2": "proved", "3": "open"}
    assert kept(store) == ["1", "2"]


def running_on(store: Path) -> list[str]:
    """The processes that run on a store."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(store).encode() in (folder / "environ").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


# -- the store -------------------------------------------------------------------------------------------------------

KEEPING = """
import sys
from pathlib import Path
from derive.store import Store

store = Store(Path(sys.argv[1]))
for number in range(300):
    store.put(f"{sys.argv[2]} {number}", "paper", str(number), {"number": str(number)})
print(store.problem)
"""


def test_two_runs_at_once(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    runs = [
        subprocess.Popen([sys.executable, "-c", KEEPING, str(file), str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(3)
    ]
    assert [run.communicate(timeout=60)[0] for run in runs] == ["\n"] * 3
    store = Store(file)
    assert all(store.get(f"{run} {n}") == {"number": str(n)} for run in range(3) for n in range(300))
    assert store.problem == ""


def filled(file: Path) -> None:
    store = Store(file)
    for number in range(50):
        store.put(f"key {number}", "paper", str(number), {"number": str(number), "verdict": "proved"})
    store.close()


def garbage(file: Path) -> None:
    file.write_bytes(b"this is no database, and it is long enough to be looked at" * 50)


def torn(file: Path) -> None:
    filled(file)
    data = file.read_bytes()
    file.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def forged(file: Path) -> None:
    """A file that SQLite has nothing against, with another verdict in it."""
    filled(file)
    data = file.read_bytes()
    assert b'"7", "verdict": "proved"' in data
    file.write_bytes(data.replace(b'"7", "verdict": "proved"', b'"7", "verdict": "gloved"'))


@pytest.mark.parametrize("damage", [garbage, torn, forged])
def test_a_damaged_store_is_set_aside_and_begun_anew(tmp_path: Path, damage: Any) -> None:
    file = tmp_path / "store.sqlite"
    damage(file)
    store = Store(file)
    assert store.get("key 7") is None
    assert store.problem == f"the store {file} was damaged; it was set aside as store.damaged and begun anew"
    assert (tmp_path / "store.damaged").exists()
    store.put("key 7", "paper", "7", {"number": "7"})
    store.close()
    again = Store(file)
    assert (again.get("key 7"), again.problem) == ({"number": "7"}, "")


def test_a_store_that_another_run_has_set_aside_is_not_set_aside_again(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    forged(file)
    first, second = Store(file), Store(file)
    assert first.get("key 7") is None
    first.put("key 8", "paper", "8", {"number": "8"})
    assert second.get("key 7") is None
    assert second.get("key 8") == {"number": "8"}


def test_a_store_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    store = Store(tmp_path / "file" / "store.sqlite")
    store.put("key", "paper", "1", {})
    assert store.get("key") is None
    assert "cannot be used" in store.problem


def test_a_locked_store_is_not_damaged(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    filled(file)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = Store(file)
    assert store.get("key 7") == {"number": "7", "verdict": "proved"}
    other.execute("ROLLBACK")
    assert not (tmp_path / "store.damaged").exists()


def test_anything_can_read_the_store(tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite"
    verify(store, str(paper(tmp_path / "little", EQUAL)))
    with sqlite3.connect(store) as connection:
        rows = connection.execute("SELECT program, paper, number, result FROM verdicts").fetchall()
    ((program, name, number, result),) = rows
    assert (program, name, number) == (program_digest(), "little", "1")
    assert json.loads(result)["verdict"] == "proved"


# -- what is decided again -------------------------------------------------------------------------------------------

CHAIN = r"""% scope: s

% by: exact
\begin{equation} \sum_i (a_i + b_i) = \sum_i a_i + \sum_i b_i \tag{1} \end{equation}

% from: 1
\begin{equation} \sum_i (b_i + a_i) = \sum_i b_i + \sum_i a_i \tag{2} \end{equation}

% by: exact
% corrected: = 2 a_i
\begin{equation} a_i + a_i = 3 a_i \tag{3} \end{equation}

% from: 3
\begin{equation} 2 a_i + 2 a_i = 4 a_i \tag{4} \end{equation}
"""
EDITS = {
    "nothing": ("", "", []),
    "layout and a comment": (r"= \sum_i a_i + \sum_i b_i", "=\n \\sum_i\\; a_i + \\sum_i b_i. % all of them", []),
    "one line": (r"= \sum_i b_i + \sum_i a_i", r"= \sum_j b_j + \sum_j a_j", ["2"]),
    "a premise": (r"= \sum_i a_i + \sum_i b_i", r"= \sum_j a_j + \sum_i b_i", ["1", "2"]),
    "a correction": ("= 2 a_i\n", "= a_i + a_i\n", ["3", "4"]),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_one_change_costs_one_line_and_what_rests_on_it(tmp_path: Path, edit: tuple[str, str, list[str]]) -> None:
    old, new, redone = edit
    store, little = tmp_path / "store.sqlite", paper(tmp_path / "little")
    (little / "paper.tex").write_text(CHAIN, "utf-8")
    before = verify(store, str(little))
    assert before[0] == 0
    assert kept(store) == ["1", "2", "3", "4"]
    assert old in CHAIN
    (little / "paper.tex").write_text(CHAIN.replace(old, new, 1), "utf-8")
    after = verify(store, str(little))
    assert kept(store) == sorted(["1", "2", "3", "4", *redone])
    assert verify(store, str(little), "--no-store") == after


def test_a_changed_notation_costs_the_lines_that_use_it(tmp_path: Path) -> None:
    store, little = tmp_path / "store.sqlite", paper(tmp_path / "little")
    (little / "paper.tex").write_text(CHAIN, "utf-8")
    verify(store, str(little))
    changed = NOTATION.replace('b = { slots = "item" }', 'b = { slots = "item", domain = "positive" }\nc = {}')
    (little / "notation.toml").write_text(changed, "utf-8")
    verify(store, str(little))
    assert kept(store) == ["1", "1", "2", "2", "3", "4"]


def test_another_program_decides_anew(tmp_path: Path) -> None:
    store, little = tmp_path / "store.sqlite", str(paper(tmp_path / "little", EQUAL))
    verify(store, little)
    script = f"""
        import derive.store
        from derive.cli import main

        derive.store.ENGINES = ("sympy",)
        main(["verify", {little!r}])
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, env=environment(store))
    assert kept(store) == ["1", "1"]
