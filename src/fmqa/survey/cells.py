"""What may stand in a cell of a spreadsheet."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what starts so


def inert(value: object) -> object:
    """A value as a spreadsheet shows it and doesn't run it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
