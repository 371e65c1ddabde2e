"""The orders that may be asked for."""

from __future__ import annotations

from derive.errors import DeriveError


def check_order(order: object) -> None:
    """Raises DeriveError for what is no order."""
    if not isinstance(order, int) or isinstance(order, bool) or order < 0:
        raise DeriveError(f"the order of an expansion is a whole number from 0 on, and not {order!r}")
