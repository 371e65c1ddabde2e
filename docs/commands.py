"""Writes docs/commands.md, the reference of all commands, from what makes `derive --help`."""

from __future__ import annotations

import argparse
from pathlib import Path

from derive.cli import EPILOG, parser

PAGE = Path(__file__).with_name("commands.md")
HEAD = """# Commands

Made from `derive --help` by `python docs/commands.py`; a test holds it to that. WHAT is a paper id, `PAPER:NUMBER`, a
range `PAPER:51-59`, a folder with a `paper.tex` in it, or a `.tex` file.

Exit codes: 0 all settled and every finding borne out; 1 otherwise; 2 the call was wrong; 130 interrupted, with what was
decided kept.
"""


def reference() -> str:
    """The page."""
    assert EPILOG.startswith("WHAT is a paper id")
    top = parser()
    commands = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    parts = [HEAD]
    for said in commands._choices_actions:
        parts.append(_command(said.dest, commands.choices[said.dest]))
    return "\n".join(parts)


def _command(name: str, command: argparse.ArgumentParser) -> str:
    actions = [action for action in command._actions if action.dest != "help"]
    usage = " ".join(["derive", name, *(_in_usage(action) for action in actions)])
    rows = [f"| `{_cell(_named(action))}` | {_cell(action.help or '')} |" for action in actions if action.help]
    table = "\n".join(["| | |", "|---|---|", *rows, ""]) if rows else ""
    return f"## derive {name}\n\n{command.description}\n\n```text\n{usage}\n```\n\n{table}"


def _in_usage(action: argparse.Action) -> str:
    shown = _value(action)
    if not action.option_strings:
        return f"[{shown} …]" if action.nargs == "*" else shown
    called = " ".join(part for part in (action.option_strings[0], shown) if part)
    return called if action.required else f"[{called}]"


def _named(action: argparse.Action) -> str:
    called = ", ".join(action.option_strings)
    return " ".join(part for part in (called, _value(action)) if part)


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices:
        return "|".join(action.choices)
    return str(action.metavar or action.dest.upper())


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("%%", "%")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
