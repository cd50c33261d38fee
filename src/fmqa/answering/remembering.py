"""Sentences' vectors kept for the next question: a conversation stays with a few papers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
EmbedTexts = Callable[[Sequence[str]], Vectors]


class RememberedVectors:
    """Embeds texts, each once while it is remembered. Safe to share between threads.

    Args:
        embed: turns texts into unit vectors, shape (texts, dimension).
        limit: how many vectors are kept, the last used ones; 2,048 of 384 floats are 3 MB.
    """

    def __init__(self, embed: EmbedTexts, limit: int = 2048) -> None:
        self._embed = embed
        self._limit = limit
        self._held: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, shape (texts, dimension); there has to be one at least."""
        with self._lock:
            found = {text: self._held[text] for text in texts if text in self._held}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            found.update(zip(new, self._embed(new), strict=True))
        with self._lock:
            for text in texts:
                self._held[text] = found[text]
                self._held.move_to_end(text)
            while len(self._held) > self._limit:
                self._held.popitem(last=False)
        return np.stack([found[text] for text in texts])
