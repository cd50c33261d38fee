"""What reads and embeds papers for an ingestion: this machine here, or a cluster of workers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fmqa.reading.pool import ReadLimits, read_files
from fmqa.types import ReadResult

Vectors = NDArray[np.float32]
EmbedTexts = Callable[[Sequence[str]], Vectors]
Texts = Mapping[bytes, str]
"""What is to be embedded, by the texts' content hashes."""
Wanted = Callable[[ReadResult], Texts]
Worked = tuple[ReadResult, Mapping[bytes, Vectors]]
Notify = Callable[[str], None]


class Engine(Protocol):
    """Reads files and embeds their passages. It knows no record and writes none."""

    def work(
        self,
        paths: Iterable[Path],
        limits: ReadLimits,
        wanted: Wanted,
        *,
        workers: int = 2,
        notify: Notify = lambda words: None,
    ) -> Generator[Worked]:
        """Each file's result with the vectors of its texts, as they are done, in no fixed order.

        Closing the iterator ends the work. Each failure to read is an outcome in a result.

        Args:
            paths: the files; taken as there is room for them. An iterator that waits for files to
                come has a method ``close_waiting``, which ends its waiting.
            limits: for the reading of one file.
            wanted: asked once a file is read, by the thread that iterates: which texts to embed.
            workers: reading processes, where the engine has a say in it.
            notify: told in words of what is waited for.
        """
        ...


class LocalEngine:
    """Worker processes of this machine read while this process embeds.

    Args:
        embed: turns texts into unit vectors, shape (texts, dimension).
    """

    def __init__(self, embed: EmbedTexts) -> None:
        self.embed = embed

    def work(
        self,
        paths: Iterable[Path],
        limits: ReadLimits,
        wanted: Wanted,
        *,
        workers: int = 2,
        notify: Notify = lambda words: None,
    ) -> Generator[Worked]:
        """As `Engine.work` says; nothing is ever waited for."""
        for result in read_files(paths, limits, workers):
            texts = wanted(result)
            fresh = self.embed(list(texts.values())) if texts else ()
            yield result, dict(zip(texts, fresh, strict=True))
