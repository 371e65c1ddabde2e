"""Every command that a page shows is run, and what the page shows of its output is what it says."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
GROWING = "oscillators"
"""The folder that the tutorial fills step by step: here it is the finished one, and what is shown of it is not held."""


def shown(page: Path) -> list[tuple[str, str]]:
    """The calls of ``derive`` on a page, each with the output below it."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    blocks += [
        re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)
    ]
    found = []
    for block in blocks:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            call, _, output = part.partition("\n")
            if call.startswith("derive "):
                found.append((call, output))
    return found


CALLS = [(page.name, call, output) for page in PAGES for call, output in shown(page)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(ROOT / "examples" / "coupled-oscillators", folder / GROWING)
    return folder


def derive(*words: str, place: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DERIVE_STORE": str(place / "store.sqlite"), "NO_COLOR": "1"}
    environment["PYTHONPATH"] = str(ROOT)
    call = [sys.executable, "-m", "derive", *words]
    return subprocess.run(call, cwd=place, env=environment, capture_output=True, text=True, timeout=300, check=False)


def wanted(output: str) -> list[str]:
    """The lines that a page shows, without the columns' spaces; a line with ``…`` up to there."""
    lines = [" ".join(line.partition("…")[0].split()) for line in output.splitlines()]
    return [line for line in lines if line]


def needs(call: str) -> None:
    """Skips where a program or an extra that the call needs is not here."""
    if "--format pdf" in call and not shutil.which("pdflatex"):
        pytest.importorskip("typst", reason="no TeX and no Typst")
        pytest.importorskip("pypandoc", reason="no TeX and no pandoc")
    if " notebook " in call:
        pytest.importorskip("nbclient", reason="no nbclient")
        pytest.importorskip("matplotlib", reason="no matplotlib")


def test_pages_show_calls() -> None:
    assert {page for page, _, _ in CALLS} >= {"README.md", "tutorial.md", "reports.md", "kernels.md", "index.md"}


@pytest.mark.parametrize(("page", "call", "output"), CALLS)
def test_a_call_says_what_the_page_shows(page: str, call: str, output: str, place: Path) -> None:
    needs(call)
    done = derive(*call.split()[1:], place=place)
    said = [" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines()]
    failed = any(line.startswith("derive: ") for line in wanted(output))
    assert (done.returncode == 2) == failed, done.stderr
    if GROWING in call.split()[2].partition(":")[0].split("/")[-1:]:
        return
    rest = iter(said)
    for line in wanted(output):
        assert any(found.startswith(line) for found in rest), (
            f"{line!r} is not, or not in this order, in:\n" + "\n".join(said)
        )


# -- the reference of commands ---------------------------------------------------------------------------------------


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_of_commands_is_current() -> None:
    commands = load(DOCS / "commands.py")
    assert commands.PAGE.read_text("utf-8") == commands.reference(), "python docs/commands.py"


def test_the_reference_has_every_command_and_option() -> None:
    from derive.cli import parser

    page = (DOCS / "commands.md").read_text("utf-8")
    subparsers = next(a for a in parser()._actions if a.choices and "verify" in a.choices)
    assert subparsers.choices is not None
    for name, command in subparsers.choices.items():
        part = page.partition(f"## derive {name}\n")[2].partition("\n## ")[0]
        assert part, name
        for option in command._option_string_actions:
            assert option in ("-h", "--help") or option in part, f"{name} {option}"


def test_the_documentation_is_built_without_a_warning(tmp_path: Path) -> None:
    for name in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(name, reason=f"no {name}")
    call = [sys.executable, "-m", "sphinx", "--fail-on-warning", "-q", "-b", "html", str(DOCS), str(tmp_path / "html")]
    call[5:5] = ["-d", str(tmp_path / "trees")]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    for page in DOCS.glob("*.md"):
        assert (tmp_path / "html" / f"{page.stem}.html").is_file(), page.name


# -- what a user's repository takes over -----------------------------------------------------------------------------

INTEGRATION = ROOT / "examples" / "continuous-integration"


def test_the_workflow_is_one_and_its_commands_run(place: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="no YAML reader")
    pytest.importorskip("check_jsonschema", reason="no schema of workflows")
    path = INTEGRATION / "verify-paper.yml"
    call = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    checked = subprocess.run(call, capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout
    steps = yaml.safe_load(path.read_text("utf-8"))["jobs"]["verify"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs[0].startswith("pip install ")
    shutil.copytree(place / GROWING, place / "paper")
    for run in runs[1:]:
        needs(run)
        done = derive(*run.split()[1:], place=place)
        assert done.returncode == 0, done.stderr
    uploaded = next(step["with"]["sarif_file"] for step in steps if "sarif" in step.get("uses", ""))
    assert (place / uploaded).is_file()
    assert {path.name for path in (place / "build" / "report").iterdir()} >= {"paper.html", "paper-errata.pdf"}


def test_the_hook_is_one_and_runs(place: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="no YAML reader")
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert {"id", "name", "entry", "language"} <= set(hook)
    config = yaml.safe_load((INTEGRATION / "pre-commit-config.yaml").read_text("utf-8"))
    (used,) = config["repos"][0]["hooks"]
    assert used["id"] == hook["id"]
    assert hook["pass_filenames"] is False
    name, *words = [*hook["entry"].split(), *used["args"]]
    assert name == "derive"
    assert re.search(hook["files"], "paper/paper.tex")
    paper = place / used["args"][0]
    if not paper.exists():
        shutil.copytree(place / GROWING, paper)
    assert derive(*words, place=place).returncode == 0
    tex = (paper / "paper.tex").read_text("utf-8")
    try:
        (paper / "paper.tex").write_text(
            tex.replace("\\frac{1}{2} M V^2 + \\vec", "\\frac{1}{3} M V^2 + \\vec"), "utf-8"
        )
        assert derive(*words, place=place).returncode == 1, "a line that is broken and not recorded stops the commit"
    finally:
        (paper / "paper.tex").write_text(tex, "utf-8")
