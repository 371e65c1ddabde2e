"""States of training on disk: whole or not there, and never mixed with those of another experiment."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx

from derive.errors import DeriveError

Tree = TypeVar("Tree")


def fingerprint(described: Mapping[str, Any]) -> str:
    """A short name for everything that a run depends on: the settings, the seed and the versions of the libraries."""
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


def save(path: Path, state: Any, done: int, mark: str) -> None:
    """Writes the arrays of a tree, with the number of chunks done; a reader sees the old file or the new one.

    Raises DeriveError where the file cannot be written.
    """
    beside = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(json.dumps({"fingerprint": mark, "chunks": done}).encode() + b"\n")
            eqx.tree_serialise_leaves(file, state)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise DeriveError(f"the checkpoint cannot be written to {path}: {error.strerror}") from error


def load(path: Path, like: Tree, mark: str) -> tuple[Tree, int] | None:
    """The tree and the number of chunks done; None where nothing was saved.

    Raises DeriveError for a file of another experiment, and for one that cannot be read.
    """
    if not path.exists():
        return None
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
            if header["fingerprint"] != mark:
                raise DeriveError(
                    f"{path} comes from other settings or versions; choose another folder, or remove this one"
                )
            return eqx.tree_deserialise_leaves(file, like), int(header["chunks"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError) as error:
        raise DeriveError(f"{path} is no checkpoint that can be read; remove it to train again") from error
