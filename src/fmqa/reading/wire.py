"""A reading's result as one line of JSON, between a worker and its pool."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmqa.types import ReadResult

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def encode_result(result: ReadResult) -> bytes:
    """The result on one line, with the line's end.

    Halves of a surrogate pair become one character; a half that stands alone, U+FFFD.
    """
    text = json.dumps(result, default=_plain, ensure_ascii=False, separators=(",", ":"))
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return {field.name: getattr(value, field.name) for field in fields(value)}


def decode_result(line: bytes) -> ReadResult:
    """The result that :func:`encode_result` wrote.

    Raises:
        ValueError: the line is torn or holds something else.
    """
    return _adapter().validate_json(line)


@cache
def _adapter() -> TypeAdapter[ReadResult]:
    from pydantic import TypeAdapter  # not for the workers, which only encode

    return TypeAdapter(ReadResult)
