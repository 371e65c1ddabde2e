"""Take the displayed lines of the four papers out of their source text, token for token.

The papers are shipped as `derive/papers/<id>/paper.tex`: every displayed line as printed, none of the prose. This
script made the first version of those files; annotations are added to them by hand, so it is never needed at run time
and writes only to the folder it is given. Tests use it to hold the shipped files against the text and the manifest.

    python tests/corpus/extract_papers.py SEED_FOLDER OUT_FOLDER    paper.tex of all four papers, from their text
    python tests/corpus/extract_papers.py --manifest                derive/papers/manifest.json, from the shipped ones

Ids: the printed number; a line without one is `5+1`, `5+2` after the last number; the supplement is `S1`, `S1+1`; rows
of a system under one number are `2.5a`, `2.5b`; slides have slugs.
"""

import argparse
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

PAPERS_FOLDER = Path(__file__).resolve().parents[2] / "derive" / "papers"


class Section(NamedTuple):
    """A heading of the paper, with its number where it has one."""

    heading: str


class Display(NamedTuple):
    """A displayed line: its id and its LaTeX as printed, without the number."""

    id: str
    latex: str


class Seed(NamedTuple):
    """Where a paper's text is found (the start of the file's name), its title, and how its text is read."""

    prefix: str
    title: str
    read: Callable[[str], Iterator[Section | Display]]
    remark: str = ""


# --- tokens and digests -------------------------------------------------------------------------------------------

TOKEN = re.compile(r"%[^\n]*|\\[A-Za-z]+|\\[\s\S]|\S")
EQUATION = re.compile(
    r"\\begin\{equation\}(?P<latex>.*?)\\tag\{(?P<id>[^}]*)\}(?P<rest>.*?)\\end\{equation\}", re.DOTALL
)


def tokens(latex: str) -> list[str]:
    r"""The LaTeX tokens of a line: control words, control symbols and single characters; no blanks, no comments.

    >>> tokens(r"\frac{a}{b}\, 50\% % by: exact")
    ['\\frac', '{', 'a', '}', '{', 'b', '}', '\\,', '5', '0', '\\%']
    """
    return [token for token in TOKEN.findall(latex) if not token.startswith("%")]


def digest(latex: str) -> str:
    """What identifies a printed line: the first 16 hexadecimal digits of the SHA-256 of its tokens, spaced by blanks.

    >>> digest("x = 1 % a comment") == digest("x=1")
    True
    >>> digest("x = 1") == digest("x = 2")
    False
    """
    return hashlib.sha256(" ".join(tokens(latex)).encode()).hexdigest()[:16]


def read_displays(tex: str) -> list[Display]:
    """The displayed lines of a `paper.tex` in print order, comments removed.

    Raises ValueError for an equation without a tag, and for an id that comes twice.
    """
    plain = TOKEN.sub(lambda match: "" if match[0].startswith("%") else match[0], tex)
    displays = [Display(match["id"], match["latex"] + match["rest"]) for match in EQUATION.finditer(plain)]
    if len(displays) != plain.count(r"\begin{equation}") or any(r"\begin{equation}" in d.latex for d in displays):
        raise ValueError(r"an equation has no \tag{ID}: every displayed line needs exactly one")
    repeated = [id for id, count in Counter(display.id for display in displays).items() if count > 1]
    if repeated:
        raise ValueError(f"ids that come more than once: {', '.join(repeated)}")
    return displays


def manifest(folder: Path) -> dict[str, list[dict[str, str]]]:
    """For each paper in a folder of papers, the id and digest of each displayed line, in print order."""
    return {
        path.parent.name: [{"id": d.id, "digest": digest(d.latex)} for d in read_displays(path.read_text("utf-8"))]
        for path in sorted(folder.glob("*/paper.tex"))
    }


# --- numbering ----------------------------------------------------------------------------------------------------


class Numbering:
    """Gives each displayed line its id; remembers the last printed number for the lines that have none."""

    def __init__(self) -> None:
        self.prefix = ""
        self.last = "0"
        self.unnumbered = 0

    def numbered(self, number: str) -> str:
        """The id of a line with a printed number."""
        self.last, self.unnumbered = self.prefix + number, 0
        return self.last

    def next_unnumbered(self) -> str:
        """The id of a line without a number: counted from the last number."""
        self.unnumbered += 1
        return f"{self.last}+{self.unnumbered}"


# --- the two versions of the inference paper: Markdown with $$displays$$ ----------------------------------------------

HEADING = re.compile(r"^#+ \**(?P<heading>.*?)\**$")
DISPLAY = re.compile(r"\$\$(?P<latex>.*?)\$\$", re.DOTALL)
QUAD_NUMBER = re.compile(r"^(?P<latex>.*) \\quad \((?P<number>\d+)\)$", re.DOTALL)
ALIGNED = re.compile(r"^\s*\\begin\{aligned\}(?P<rows>.*)\\end\{aligned\}\s*$", re.DOTALL)


def chain_rows(latex: str) -> list[str]:
    r"""The lines of an unnumbered display: one, or one for each line of an `aligned` chain, without `&` and `\\`.

    >>> chain_rows(r"\begin{aligned} a &= b \\ &= c \end{aligned}")
    ['a = b', '= c']
    """
    match = ALIGNED.match(latex)
    if match is None:
        return [latex.strip()]
    return [row.replace("&", "").strip() for row in match["rows"].split(r"\\")]


def inference(text: str) -> Iterator[Section | Display]:
    """Sections and displays of a version of 'Mapping general inference to physics'."""
    ids = Numbering()
    for block in re.split(r"\n\s*\n", text):
        heading, display = HEADING.match(block.strip()), DISPLAY.fullmatch(block.strip())
        if heading is not None:
            if heading["heading"].startswith("Supplementary"):
                # The numbers (1) and (2) come again in the supplement: there they are S1 and S2.
                ids.prefix = "S"
            if re.match(r"S?\d", heading["heading"]):
                yield Section(heading["heading"])
        elif display is not None:
            number = QUAD_NUMBER.match(display["latex"])
            if number is not None:
                yield Display(ids.numbered(number["number"]), number["latex"])
            else:
                for row in chain_rows(display["latex"]):
                    yield Display(ids.next_unnumbered(), row)


# --- the fields paper: plain text in which each formula stands twice, glued together ----------------------------------

NUMBERED_HEADING = re.compile(r"^\d(?:\.\d)? [A-Z][A-Za-z -]+$")
END_NUMBER = re.compile(r"^(?P<line>.*) \((?P<number>\d\.\d+)\)$")

# The only system whose two rows are one equation: its right side is broken over two lines. It has lost its number in
# the text; it stands between (4.8) and (4.10), and no other line there lacks one.
BROKEN_LINES = {"4.8": "4.9"}


def flattened(latex: str) -> Counter[str]:
    """The plain characters that a rendering of this LaTeX shows: no commands, braces, phantoms or special fonts."""
    latex = re.sub(r"\\phantom\{(\\bf )?\w\}", "", latex)
    latex = re.sub(r"\{\\(?:cal|bf)[ {]*\w\}*", "", latex)
    latex = latex.replace(r"\begin{pmatrix}", "(").replace(r"\end{pmatrix}", ")")
    return Counter(re.sub(r"\\[A-Za-z]+|\\.|[{}_^&\s-]", "", latex))


def latex_copy(line: str) -> str:
    r"""The LaTeX half of a formula that stands twice, first as Unicode text, then as LaTeX, with nothing in between.

    The LaTeX begins after the last character that is not ASCII and not after the first backslash or brace; of the
    places left, it begins where the characters on the two sides agree best.

    >>> latex_copy(r"H(ϕ,β)=𝒱(ϕ)+F(ϕβ)H(\phi,\beta)={\cal V}(\phi)+F(\phi-\beta)")
    'H(\\phi,\\beta)={\\cal V}(\\phi)+F(\\phi-\\beta)'
    """
    first = max(place for place, character in enumerate(line) if not character.isascii()) + 1
    last = min(line.index(mark) for mark in "\\{" if mark in line)

    def disagreement(place: int) -> int:
        before = Counter(character for character in line[:place] if character.isascii())
        after = flattened(line[place:])
        return ((before - after) + (after - before)).total()

    return line[min(range(first, last + 1), key=disagreement) :]


def join_cells(row: str) -> str:
    r"""A row of a system, from its cells: each is Unicode text, then `\displaystyle`, then LaTeX, then a blank.

    A row has a left side, a relation and a right side; or one cell; or, continuing the row above, a sign and the rest.

    >>> join_cells(r"ϕ\displaystyle\phi =\displaystyle= β\displaystyle\beta")
    '\\phi = \\beta'
    >>> join_cells(r"ϕ\displaystyle\phi \displaystyle\equiv πi\displaystyle\pi_{i},")
    '\\phi \\equiv \\pi_{i},'
    """
    match row.split(r"\displaystyle"):
        case [_, whole]:
            return whole.strip()
        case [_, sign, rest]:
            return f"{sign.split()[0]} {rest.strip()}"
        case [_, left, relation, right]:
            return f"{re.sub(r' =?$', '', left).strip()} {relation.split()[0]} {right.strip()}"
        case _:
            raise ValueError(f"a row of a system with cells that do not fit: {row}")


def split_number(line: str) -> tuple[str, str | None]:
    """A line and the number printed at its end, if there is one."""
    match = END_NUMBER.match(line)
    return (match["line"], match["number"]) if match else (line, None)


def system(rows: list[str], ids: Numbering) -> Iterator[Display]:
    """The displays of a system of rows: each its own number, one number for all (letters from the top), or none."""
    split = [split_number(row) for row in rows]
    lines, numbers = [join_cells(row) for row, _ in split], [number for _, number in split if number]
    if not numbers and ids.last in BROKEN_LINES:
        yield Display(ids.numbered(BROKEN_LINES[ids.last]), "\n".join(lines))
    elif not numbers:
        yield from (Display(ids.next_unnumbered(), line) for line in lines)
    elif len(numbers) == len(lines):
        yield from (Display(ids.numbered(number), line) for number, line in zip(numbers, lines, strict=True))
    elif len(numbers) == 1:
        id = ids.numbered(numbers[0])
        yield from (Display(f"{id}{letter}", line) for letter, line in zip("abcdefgh", lines, strict=False))
    else:
        raise ValueError(f"{len(lines)} rows with {len(numbers)} numbers: {numbers}")


def fields(text: str) -> Iterator[Section | Display]:
    """Sections and displays of 'Emergent field theories from neural networks'."""
    ids = Numbering()
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().splitlines()
        if len(lines) == 1 and NUMBERED_HEADING.match(lines[0]):
            yield Section(lines[0])
        elif lines and all(r"\displaystyle" in line for line in lines):
            yield from system(lines, ids)
        elif len(lines) == 1 and (match := END_NUMBER.match(lines[0])):
            yield Display(ids.numbered(match["number"]), latex_copy(match["line"]))


# --- the slides: no numbers, headings without marks -------------------------------------------------------------------

# The titles of the slides that bring a formula for the first time; nothing in the text tells a title from other words.
SLIDES = (
    "Modelling: Extracting Parameters",
    "VAE: Criteria",
    "Example: Quantum State Tomography",
    "Mathematics!",
    "Variational Problem",
    "* „The way out“ -> Derivation!",
    "Massaging the Equation...",
    "*Massaging the Equation...",
    "Optimization",
    "Reparameterization Trick",
)

# Formulas that are the content of a slide and yet stand in a line of words, each found by the words around it.
# Names alone (a distribution, the gradient sign) are not formulas. `z ~ q` of the Optimization slide is a display on
# the slide after it and is taken there.
INLINE = (
    r"^Note: in general: \$(?P<latex>.*)\$$",
    r"„distance measure“~~ functional \$(?P<latex>S\[.*\])\$$",
    r"^ \$(?P<latex>D_\{KL\}.*)\$$",
    r"^- Reminder: \$(?P<latex>.*)\$$",
    r"^ \$(?P<latex>a_\{n\+1\} = .*)\$$",
)

# One slug for each formula, in print order. A formula that comes again, token for token the same, is taken once, where
# it first stands. The rows of the derivation are elbo-3a to elbo-3d. The four boxes of the last slide on the bound
# are elbo-6a to elbo-6d in the order of the text, in which the result (c) comes before the step that leads to it (d).
SLUGS = (
    "linear-model",
    "linear-model-2",
    "vae-criterion",
    "tomography-state",
    "dof-count",
    "bayes",
    "elbo-1",
    "variational-functional",
    "kl-divergence",
    "elbo-2",
    "elbo-3a",
    "elbo-3b",
    "elbo-3c",
    "elbo-3d",
    "elbo-4",
    "elbo-5",
    "elbo-6a",
    "elbo-6b",
    "elbo-6c",
    "elbo-6d",
    "elbo-7",
    "gradient-step",
    "sampling",
    "elbo-gradient",
    "reparameterization",
)

BLACKBOARDS = "Two picture slides of blackboard formulas (titled Mathematics!) are decoration and are not encoded."


def slides(text: str) -> Iterator[Section | Display]:
    """Slides with a new formula, and the formulas, of 'Learning Physical Concepts using Neural Networks'."""
    titles = "|".join(re.escape(title) for title in SLIDES)
    finder = re.compile(rf"^ ?(?P<title>{titles})$|{DISPLAY.pattern}", re.MULTILINE | re.DOTALL)
    found = [(match.start(), match["title"], match["latex"]) for match in finder.finditer(text)]
    for pattern in INLINE:
        (match,) = re.finditer(pattern, text, re.MULTILINE)
        found.append((match.start(), None, match["latex"]))
    slugs, seen, title, announced = iter(SLUGS), set(), "", ""
    for _, heading, latex in sorted(found, key=lambda item: item[0]):
        if heading is not None:
            title = heading
            continue
        for row in chain_rows(latex):
            if digest(row) in seen:
                continue
            seen.add(digest(row))
            if title != announced:
                announced = title
                yield Section(title)
            yield Display(next(slugs), row)
    unused = list(slugs)
    if unused:
        raise ValueError(f"slugs without a formula: {', '.join(unused)}")


# --- paper.tex ----------------------------------------------------------------------------------------------------

SEEDS = {
    "inference-2024-04": Seed("000_", "Mapping general inference to physics (April version)", inference),
    "inference-2024-07": Seed("001_", "Mapping general inference to physics (July version)", inference),
    "scinet-2021": Seed("002_", "Learning Physical Concepts using Neural Networks", slides, BLACKBOARDS),
    "fields-2024": Seed("003_", "Emergent field theories from neural networks", fields),
}


def laid_out(latex: str) -> str:
    r"""The same tokens, with a new line for each row of an `aligned` or `bmatrix` block.

    >>> print(laid_out(r"K = \begin{bmatrix} a & b \\ c & d \end{bmatrix}"))
    K = \begin{bmatrix}
    a & b \\
    c & d
    \end{bmatrix}
    """
    if not re.search(r"\\begin\{(aligned|bmatrix)\}", latex):
        return latex
    latex = re.sub(r"(\\begin\{(?:aligned|bmatrix)\}|\\\\) ", r"\1\n", latex)
    return re.sub(r" (\\end\{(?:aligned|bmatrix)\})", r"\n\1", latex)


def paper_tex(id: str, text: str) -> str:
    """The unannotated `paper.tex` of a paper, from its text."""
    seed = SEEDS[id]
    blocks = [f"% paper: {id}\n% title: {seed.title}"]
    if seed.remark:
        blocks.append(f"% {seed.remark}")
    for item in seed.read(text):
        match item:
            case Section(heading):
                blocks.append(rf"\section{{{heading}}}")
            case Display(number, latex):
                blocks.append(f"\\begin{{equation}}\n{laid_out(latex)}\n\\tag{{{number}}}\n\\end{{equation}}")
    return "\n\n".join(blocks) + "\n"


def extract(seed_folder: Path) -> dict[str, str]:
    """The unannotated `paper.tex` of every paper, by id. Raises ValueError if a paper's text is not in the folder."""
    papers = {}
    for id, seed in SEEDS.items():
        files = sorted(seed_folder.glob(f"{seed.prefix}*.txt"))
        if len(files) != 1:
            raise ValueError(f"{seed_folder}: expected one file {seed.prefix}*.txt for {id}, found {len(files)}")
        papers[id] = paper_tex(id, files[0].read_text("utf-8"))
    return papers


def main() -> None:
    """Write the papers to a folder, or the manifest of the shipped papers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("seed_folder", type=Path, nargs="?", help="the folder with the text of the papers")
    parser.add_argument("out_folder", type=Path, nargs="?", help="where <id>/paper.tex is written")
    parser.add_argument("--manifest", action="store_true", help="write derive/papers/manifest.json instead")
    arguments = parser.parse_args()
    if arguments.manifest:
        lines = json.dumps(manifest(PAPERS_FOLDER), indent=1)
        # One line for each equation: a change in the manifest is then a change of one line.
        lines = re.sub(r'\{\s*("id": .*),\s*("digest": .*)\s*\}', r"{\1, \2}", lines)
        (PAPERS_FOLDER / "manifest.json").write_text(lines + "\n", "utf-8")
        return
    if arguments.out_folder is None:
        parser.error("give the folder with the papers' text and a folder to write to, or --manifest")
    if arguments.out_folder.resolve() == PAPERS_FOLDER:
        parser.error("this would overwrite the annotated papers: write to another folder and compare")
    try:
        papers = extract(arguments.seed_folder)
    except ValueError as error:
        parser.error(str(error))
    for id, tex in papers.items():
        path = arguments.out_folder / id / "paper.tex"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tex, "utf-8")


if __name__ == "__main__":
    main()
