"""Verdicts kept between runs, each as it comes: an SQLite file of JSON, by a digest of what the verdict depends on.

What that is says :mod:`derive.dependence`. A damaged file is set aside with a message, and begun anew. ``DERIVE_STORE``
names another file; without it the file is in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import sleep
from typing import Any

from platformdirs import user_cache_path

ENGINES = ("sympy", "python-flint")
MANY = 20000
"""Verdicts beyond which those of other versions of the program are dropped."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLE = (
    "CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, program TEXT, paper TEXT, number TEXT, result TEXT, "
    "checksum TEXT)"
)


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


class Store:
    """Results by the digest of what they depend on.

    Never raises for a file that cannot be used: ``problem`` says so, and the run does without.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.problem = ""
        self._connection: sqlite3.Connection | None = None
        self._opened = 0
        """The inode of the file that is open."""
        if file is not None:
            self._open(file)

    def get(self, key: str) -> dict[str, Any] | None:
        """The kept result with this key."""
        row = self._execute("SELECT result, checksum FROM verdicts WHERE key = ?", key)
        if row is None:
            return None
        text, checksum = row
        if checksum != _checksum(key, text):
            self._set_aside()
            return None
        return json.loads(text)

    def put(self, key: str, paper: str, number: str, result: dict[str, Any]) -> None:
        """Keeps a result, at once."""
        text = json.dumps(result, ensure_ascii=False)
        row = (key, program_digest(), paper, number, text, _checksum(key, text))
        self._execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?)", *row)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _execute(self, command: str, *values: str) -> Any:
        if self._connection is None:
            return None
        try:
            return self._connection.execute(command, values).fetchone()
        except sqlite3.Error as error:
            if _is_damage(error):
                self._set_aside()
            else:
                self.problem = f"the store {self.file} cannot be used: {error}"
            return None

    def _open(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._opened = file.stat().st_ino if file.exists() else 0
            self._connection = _connect(file)
            self._opened = file.stat().st_ino
        except (sqlite3.Error, OSError) as error:
            if _is_damage(error):
                self._set_aside()
            else:
                self.problem = f"the store {file} cannot be used: {error}"

    def _set_aside(self) -> None:
        """Puts a damaged file aside, unless another run has done so already, and begins a new one."""
        file = self.file
        assert file is not None
        self.close()
        aside = file.with_suffix(".damaged")
        try:
            if file.exists() and file.stat().st_ino == self._opened:
                file.replace(aside)
                for name in ("-wal", "-shm"):
                    file.with_name(file.name + name).unlink(missing_ok=True)
            self._connection = _connect(file)
            self._opened = file.stat().st_ino
            self.problem = f"the store {file} was damaged; it was set aside as {aside.name} and begun anew"
        except (sqlite3.Error, OSError) as error:
            self.problem = f"the store {file} was damaged and cannot be begun anew: {error}"


def _connect(file: Path) -> sqlite3.Connection:
    """Opens a store, with a journal that several runs can write to at once, each verdict in one piece."""
    connection = sqlite3.connect(file, timeout=30, isolation_level=None)
    try:
        for attempt in range(100):
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute(_TABLE)
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or attempt == 99:
                    raise
                sleep(0.05)  # another run is making the file
        if connection.execute("SELECT count(*) FROM verdicts").fetchone()[0] > MANY:
            connection.execute("DELETE FROM verdicts WHERE program != ?", (program_digest(),))
    except BaseException:
        with suppress(sqlite3.Error):
            connection.close()
        raise
    return connection


def _is_damage(error: Exception) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _checksum(key: str, text: str) -> str:
    return hashlib.sha256(f"{key} {text}".encode()).hexdigest()[:16]


@contextmanager
def opened(file: Path | None) -> Iterator[Store]:
    """A store that is closed at the end; None for a run without one."""
    store = Store(file)
    try:
        yield store
    finally:
        store.close()
