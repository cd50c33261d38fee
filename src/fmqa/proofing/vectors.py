"""Vectors of texts that are met again and again while one draft is checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fmqa.types import Embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KEPT = 20_000  # 30 MB of 384 numbers each


class Vectors:
    """Embeds each text once.

    Args:
        embedder: embeds texts.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._held: dict[str, NDArray[np.float32]] = {}

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector per text, shape (texts, dimension); there is at least one text."""
        if len(self._held) > _KEPT:
            self._held.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._held]
        if new:
            self._held |= zip(new, self.embedder.embed_array(new), strict=True)
        return np.stack([self._held[text] for text in texts])
