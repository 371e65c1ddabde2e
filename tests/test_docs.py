"""The pages for people are right: their examples are read, their messages are real, the commands they name exist."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from derive.annotation import KEYS, parse_comments
from derive.errors import DeriveError
from derive.judgement import parse_by
from derive.methods import property
from derive.notation import DOMAINS, KINDS, PROPERTIES, load_notation
from derive.paper import load_paper
from derive.verify import Verifier

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "coupled-oscillators"
LANGUAGE = ROOT / "docs" / "annotations.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"
DECIDING = ROOT / "docs" / "deciding.md"
PAGES = (ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md")))
SOURCES = [*sorted((ROOT / "examples").glob("*/paper.tex")), *sorted((ROOT / "derive" / "papers").glob("*/paper.tex"))]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


TEX = [(page.name, block) for page in (LANGUAGE, TUTORIAL) for block in blocks(page, "tex")]
TOML = [(page.name, block) for page in (LANGUAGE, TUTORIAL) for block in blocks(page, "toml")]


def section(page: Path, heading: str) -> str:
    """The text under a heading, up to the next one of its level or above."""
    level = heading.split()[0]
    found = re.search(
        rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found, heading
    return found[1]


# -- the examples ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "block"), TEX)
def test_a_tex_example_stands_in_a_paper_that_is_tested(page: str, block: str) -> None:
    assert any(block in source.read_text("utf-8") for source in SOURCES), block


@pytest.mark.parametrize(("page", "block"), TEX)
def test_a_tex_example_has_annotations_that_are_understood(page: str, block: str) -> None:
    comments = [(number, line) for number, line in enumerate(block.splitlines(), 1) if line.startswith("%")]
    entries = parse_comments(comments, page)
    assert entries
    scopes = load_notation(EXAMPLE / "notation.toml").scopes
    scope = scopes["swings"]
    for entry in entries:
        if entry.key == "by":
            parse_by(entry, page, scope)


@pytest.mark.parametrize(("page", "block"), TOML)
def test_a_toml_example_is_a_notation_table_and_stands_in_the_example(page: str, block: str, tmp_path: Path) -> None:
    path = tmp_path / "notation.toml"
    path.write_text(block, "utf-8")
    assert load_notation(path).scopes
    lines = (EXAMPLE / "notation.toml").read_text("utf-8").splitlines()
    assert [line for line in block.splitlines() if line not in lines] == []


# -- the page of the language ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_an_example_of_its_own(key: str) -> None:
    examples = re.findall(r"^```tex\n(.*?)^```$", section(LANGUAGE, f"### {key}"), re.MULTILINE | re.DOTALL)
    assert any(re.search(rf"^% {key}\b[^:]*: ", example, re.MULTILINE) for example in examples)


def test_the_page_has_no_other_keys() -> None:
    page = section(LANGUAGE, "## The ten keys")
    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == list(KEYS)


def test_the_list_of_properties_is_closed() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", section(LANGUAGE, "## Properties"), re.MULTILINE)
    parsed = [property.parse(row) for row in rows]
    assert [found.kind for found in parsed if found is not None] == ["density", "free of", "symmetric", "positive"]
    assert len(parsed) == 4


@pytest.mark.parametrize("word", [*DOMAINS, *KINDS, *PROPERTIES])
def test_every_word_of_the_notation_is_explained(word: str) -> None:
    assert f"`{word}`" in section(LANGUAGE, "## notation.toml")


def test_the_methods_are_those_of_the_verifier() -> None:
    from derive.annotation import Entry

    with pytest.raises(DeriveError) as caught:
        parse_by(Entry("by", "magic", "", 1), "here", load_notation(EXAMPLE / "notation.toml").scopes["swings"])
    listed = str(caught.value).partition("methods: ")[2].split(", ")
    rows = re.findall(r"^\| `([^`]+)` \|", section(LANGUAGE, "### by"), re.MULTILINE)
    assert rows == listed


MISTAKES = [
    ("% from: 4, 1, 2, relative", "% form: 4, 1, 2, relative", None),
    (r"'V' = ", r"'W' = ", "2"),
    ("% read: \\vec{v}_k as \\vec{v}_j -- there is no sum over k\n", "", "6"),
    ("% from: 4, 1, 2, relative", "% from: 4, 1, 2, relatif", "5"),
    ("% by: order 2 in s", "% by: order 2 in t", "9"),
]


SHOWN = blocks(LANGUAGE, "text")[0].splitlines()


def told(folder: Path, number: str | None) -> str:
    """What is said of a mistake: when the paper is loaded, or when a line is decided."""
    try:
        verifier = Verifier(load_paper(folder))
        if number is not None:
            verifier.result(number)
    except DeriveError as error:
        return f"derive: {error}"
    return "nothing"


@pytest.mark.parametrize(("mistake", "shown"), list(zip(MISTAKES, SHOWN, strict=True)))
def test_the_messages_are_real(mistake: tuple[str, str, str | None], shown: str, tmp_path: Path) -> None:
    old, new, number = mistake
    folder = tmp_path / "coupled-oscillators"
    folder.mkdir()
    for name in ("paper.tex", "notation.toml"):
        text = (EXAMPLE / name).read_text("utf-8")
        (folder / name).write_text(text.replace(old, new), "utf-8")
    assert told(folder, number) == shown


# -- the tutorial ----------------------------------------------------------------------------------------------------


def test_the_tables_of_the_tutorial_are_what_the_verifier_says() -> None:
    verdicts = {result.number: result.verdict for result in Verifier(load_paper(EXAMPLE)).results()}
    table = blocks(TUTORIAL, "console")[-3]
    rows = re.findall(r"^(?:\((\d+)\)|(claim-\S+)) +(\S+)", table, re.MULTILINE)
    assert {number or claim: verdict for number, claim, verdict in rows} == verdicts


def test_evidence_that_the_tutorial_quotes_is_real() -> None:
    verifier = Verifier(load_paper(EXAMPLE))
    quoted = section(TUTORIAL, "## 6. An expansion")
    result = verifier.result("9")
    assert result.remainder is not None
    assert f"remainder   {result.remainder}\n" in quoted
    for said in result.evidence:
        assert f"evidence    {said}\n" in quoted
    assert "the difference of the two sides goes as $s^{4.000}$" in verifier.result("11").evidence
    witness = verifier.result("5").witness
    assert witness is not None
    values = ", ".join(f"{name} = {value}" for name, value in witness.values)
    assert f"witness     {values}\nleft side   {witness.lhs}\nright side  {witness.rhs}\n" in TUTORIAL.read_text(
        "utf-8"
    )


@pytest.mark.parametrize(
    ("without", "missing", "number", "message"),
    [
        (r"% (claim|from: 2$)", "'V' = ", "1", 0),
        (r"% (read|corrected)", "none", "6", 1),
    ],
)
def test_the_messages_of_the_tutorial_are_real(
    without: str, missing: str, number: str, message: int, tmp_path: Path
) -> None:
    folder = tmp_path / "oscillators"
    folder.mkdir()
    tex = (EXAMPLE / "paper.tex").read_text("utf-8").splitlines()
    toml = (EXAMPLE / "notation.toml").read_text("utf-8").splitlines()
    (folder / "paper.tex").write_text("\n".join(line for line in tex if not re.match(without, line)), "utf-8")
    (folder / "notation.toml").write_text("\n".join(line for line in toml if not line.startswith(missing)), "utf-8")
    messages = [block.strip() for block in blocks(TUTORIAL, "text") if block.startswith("derive: ")]
    assert told(folder, number) == messages[message]


def test_the_draft_of_the_tutorial_is_written(tmp_path: Path) -> None:
    (tmp_path / "oscillators").mkdir()
    lines = (EXAMPLE / "paper.tex").read_text("utf-8").splitlines()
    (tmp_path / "oscillators" / "paper.tex").write_text("\n".join(x for x in lines if not x.startswith("%")), "utf-8")
    (shown,) = (block for block in blocks(TUTORIAL, "console") if block.startswith("$ derive new"))
    call, *said = shown.removeprefix("$ derive ").splitlines()
    command = [sys.executable, "-m", "derive", *call.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == said
    assert [line.number for line in load_paper(tmp_path / "draft").lines] == [str(n) for n in range(1, 15)]


# -- commands --------------------------------------------------------------------------------------------------------


@cache
def help_of(*command: str) -> str:
    called = subprocess.run(
        [sys.executable, "-m", "derive", *command, "--help"], capture_output=True, text=True, timeout=120, check=False
    )
    return called.stdout if called.returncode == 0 else ""


def commands(page: Path) -> list[str]:
    """The calls of ``derive`` in the blocks of a page and in its running text."""
    text = page.read_text("utf-8") if page.is_file() else ""
    fenced = re.findall(r"^(?:    |\$ )(?:\$ )?(derive [a-z].*)$", text, re.MULTILINE)
    return fenced + re.findall(r"`(derive [a-z][^`]*)`", text)


CALLS = [(page.name, call) for page in PAGES for call in commands(page)]


@pytest.mark.parametrize(("page", "call"), CALLS)
def test_the_command_exists(page: str, call: str) -> None:
    if not help_of():
        pytest.skip("the command line cannot be run here")
    name, *rest = re.split(r"\s{2,}", call)[0].split()[1:]
    assert re.search(rf"^\s+{name}\b", help_of(), re.MULTILINE), f"{page}: derive has no command {name}"
    for option in (word for word in rest if word.startswith("-")):
        assert re.search(rf"(?<![\w-]){re.escape(option)}\b", help_of(name)), f"{page}: {name} has no option {option}"


def test_pages_name_files_that_exist() -> None:
    for page in PAGES:
        if not page.is_file():
            continue
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
