"""Lists of words, written as text so that they can be read."""

from __future__ import annotations

import re

# Chinese and Japanese characters with their punctuation: they are set without spaces.
CJK = "\u3001-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uffee"
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def words(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


def ideographs(text: str) -> int:
    """How many Chinese or Japanese characters a text has, punctuation left out."""
    return len(_IDEOGRAPH.findall(text))
