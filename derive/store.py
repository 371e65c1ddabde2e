"""Verdicts kept between runs: an SQLite file, keyed by a digest of the encoding and of the program, values as JSON.

Only settled results are kept, and as they come. A damaged file is set aside and begun anew. ``DERIVE_STORE`` names
another file; without it the file is in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

ENGINES = ("sympy", "python-flint")


def store_file() -> Path:
    """Where verdicts are kept."""
    named = os.environ.get("DERIVE_STORE")
    return Path(named) if named else user_cache_path("derive") / "verdicts.sqlite"


@cache
def program_digest() -> str:
    """A digest of this package's own source and of the versions of its engines."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ENGINES:
        try:
            digest.update(f"{name} {version(name)}".encode())
        except PackageNotFoundError:
            digest.update(name.encode())
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def paper_digest(tex: bytes, notation: bytes) -> str:
    """What the verdicts of a paper depend on."""
    digest = hashlib.sha256(program_digest().encode())
    digest.update(len(tex).to_bytes(8, "big") + tex + notation)
    return digest.hexdigest()


class Store:
    """Results by paper digest and line number. Never raises for a file that cannot be used: it does without."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.problem = ""
        self._connection: sqlite3.Connection | None = None
        if file is not None:
            self._open(file)

    def _open(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = self._connect(file)
        except sqlite3.DatabaseError:
            aside = file.with_suffix(".damaged")
            try:
                file.replace(aside)
                self.problem = f"the store {file} was damaged; it was set aside as {aside.name} and begun anew"
                self._connection = self._connect(file)
            except (OSError, sqlite3.Error) as error:
                self.problem = f"the store {file} cannot be used: {error}"
        except OSError as error:
            self.problem = f"the store {file} cannot be used: {error}"

    @staticmethod
    def _connect(file: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(file, timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS results (paper TEXT, number TEXT, result TEXT, PRIMARY KEY (paper, number))"
        )
        connection.execute("SELECT count(*) FROM results").fetchone()
        return connection

    def get(self, paper: str) -> dict[str, dict[str, Any]]:
        """All kept results of a paper, by line number."""
        if self._connection is None:
            return {}
        rows = self._connection.execute("SELECT number, result FROM results WHERE paper = ?", (paper,))
        return {number: json.loads(text) for number, text in rows}

    def put(self, paper: str, number: str, result: dict[str, Any]) -> None:
        if self._connection is None:
            return
        try:
            self._connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)", (paper, number, json.dumps(result))
            )
        except sqlite3.Error as error:
            self.problem = f"a result could not be kept in {self.file}: {error}"

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def opened(file: Path | None) -> Iterator[Store]:
    """A store that is closed at the end; None for a run without one."""
    store = Store(file)
    try:
        yield store
    finally:
        store.close()
