"""The errors a user can cause, each one sentence: what was wrong, where, and what would be right."""

from __future__ import annotations


class DeriveError(Exception):
    """Base of every error that is about the input and not about this program."""


class ReadError(DeriveError):
    """A formula that the reader does not accept. ``offset`` is the place in the formula's source."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset

    def __reduce__(self) -> tuple[type, tuple[str, int]]:
        return type(self), (self.message, self.offset)


class EncodingError(DeriveError):
    """A mistake in a paper's annotations or notation, with file and line."""

    def __init__(self, message: str, where: str) -> None:
        super().__init__(f"{where}: {message}")
        self.message = message
        self.where = where

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Errors cross from worker processes to the one that the user sees."""
        return type(self), (self.message, self.where)


class UnknownName(DeriveError):
    """A paper, line, folder or option that does not exist; the message says which do."""
