"""Cross-encoders of our own: a question and a text's segments are read as one row of tokens.

The weights ship with the package; the word embeddings are those of all-MiniLM-L6-v2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from fmqa.weights.onnx_graph import ensure_cross_encoder
from fmqa.weights.runtimes import onnx_session, openvino_requests, usable_threads

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Inputs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]

LONGEST_WINDOW = 288
_LONGEST_QUESTION, _LONGEST_CONTEXT, _LONGEST_SEGMENT = 64, 80, 110
_START, _STOP = 101, 102  # [CLS] and [SEP] of BERT's vocabulary
_INPUTS = ("input_ids", "attention_mask", "token_type_ids", "segments")
# Few shapes, since OpenVINO compiles kernels for each: rows of a batch, and what lengths and
# numbers of segments are multiples of.
_ROWS, _LENGTHS, _SEGMENTS = 4, 32, 8

Infer = Callable[[dict[str, Any]], list[Any]]
_Token = tuple[int, tuple[int, ...]]  # with the tokens of its word


@dataclass(frozen=True, slots=True)
class Window:
    """One row of tokens.

    ``types`` tells the model which words stand in one text alone: 0 and 1 are words of the first
    and of the second text that the other one has too, 2 and 3 those that it hasn't. ``segments``
    are (start, end) in ``ids``, one for each segment that the window holds.
    """

    ids: tuple[int, ...]
    types: tuple[int, ...]
    segments: tuple[tuple[int, int], ...]


def windows(
    tokenizer: Any, question: str, context: str, segments: Sequence[str]
) -> list[tuple[Window, int]]:
    """The windows that hold all segments, each with the number of its first one.

    A text too long for one window goes on in the next, which begins with the segment before, so
    that each but the very first is read behind what it leans on.

    Args:
        tokenizer: gives ``encode_batch(texts, add_special_tokens=False)``.
        question: what is asked.
        context: what stands before each window's segments, such as a paper's title.
        segments: sentences or rows, in order.
    """
    encoded = [
        _words(e)
        for e in tokenizer.encode_batch([question, context, *segments], add_special_tokens=False)
    ]
    asked, before = encoded[0][:_LONGEST_QUESTION], encoded[1][:_LONGEST_CONTEXT]
    pieces = [piece[:_LONGEST_SEGMENT] for piece in encoded[2:]]
    found: list[tuple[Window, int]] = []
    first = 0
    while first < len(pieces):
        lead = max(0, first - 1) if found else first
        text, spans, at = list(before), [], lead
        start = len(asked) + 2
        while at < len(pieces) and (
            at <= first or start + len(text) + len(pieces[at]) < LONGEST_WINDOW
        ):
            spans.append((start + len(text), start + len(text) + len(pieces[at])))
            text += pieces[at]
            at += 1
        found.append((_window(asked, text, spans), lead))
        first = at
    return found


def paired(tokenizer: Any, before: str, quote: str, sentence: str) -> Window:
    """The window that reads a sentence beside the quote which is to carry it.

    A quote that is too long loses its head, ``before`` first. The sentence is the one segment.

    Args:
        tokenizer: gives ``encode(text, add_special_tokens=False)`` with ``word_ids``.
        before: what the quote is read behind: its paper's title and the sentence before it.
        quote: from the paper.
        sentence: to be checked.
    """
    texts = [
        tokenizer.encode(text, add_special_tokens=False)
        for text in (f"{before} | {quote}" if before else quote, sentence)
    ]
    there, said = (_words(encoding) for encoding in texts)
    said = said[: LONGEST_WINDOW // 2]
    there = there[-(LONGEST_WINDOW - 3 - len(said)) :]
    return _window(there, said, [(len(there) + 2, len(there) + 2 + len(said))])


def _window(
    first: Sequence[_Token], second: Sequence[_Token], segments: Sequence[tuple[int, int]]
) -> Window:
    """Two texts, each token told whether its word stands in both."""
    both = {word for _, word in first} & {word for _, word in second}
    sides = [
        [(token, side if word in both else side + 2) for token, word in held]
        for side, held in enumerate((first, second))
    ]
    tokens = [(_START, 0), *sides[0], (_STOP, 0), *sides[1], (_STOP, 1)]
    ids, types = zip(*tokens, strict=True)
    return Window(ids, types, tuple(segments))


def _words(encoding: Any) -> list[_Token]:
    """Each token with the tokens of its word."""
    words: dict[int, tuple[int, ...]] = {}
    for token, word in zip(encoding.ids, encoding.word_ids, strict=True):
        words[word] = (*words.get(word, ()), token)
    return [
        (token, words[word]) for token, word in zip(encoding.ids, encoding.word_ids, strict=True)
    ]


def pack(rows: Sequence[Window]) -> Inputs:
    """Tokens, mask, types and segment weights of a batch; see `fmqa.weights.onnx_graph`."""
    import numpy as np

    length = _up(max(len(row.ids) for row in rows), _LENGTHS)
    most = _up(max(len(row.segments) for row in rows), _SEGMENTS)
    ids = np.zeros((len(rows), length), np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    segments = np.zeros((len(rows), most, length), np.float32)
    for line, row in enumerate(rows):
        ids[line, : len(row.ids)] = row.ids
        mask[line, : len(row.ids)] = 1
        types[line, : len(row.ids)] = row.types
        for place, (start, end) in enumerate(row.segments):
            segments[line, place, start:end] = 1.0 / max(1, end - start)
    return ids, mask, types, segments


def _up(number: int, step: int) -> int:
    return -(-number // step) * step


class CrossEncoderRunner:
    """Runs trained weights, without torch. Safe to share between threads.

    Args:
        folder: holds all-MiniLM-L6-v2.
        weights: the trained layers and heads, see `fmqa.weights.onnx_graph.save_quantized`.
        threads: 0 means all that the process may use.
    """

    def __init__(self, folder: Path, weights: Path, threads: int = 0) -> None:
        self._folder = folder
        self._weights = weights
        self._threads = usable_threads(threads)
        self._lock = Lock()
        self._infer: Infer | None = None

    @cached_property
    def tokenizer(self) -> Any:
        """Of the base model, without padding or truncation."""
        from tokenizers import Tokenizer

        found = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        found.no_padding()
        found.no_truncation()
        return found

    def score(self, rows: Sequence[Window]) -> list[tuple[list[float], float]]:
        """The logits of each window's segments, and of the window as a whole."""
        infer = self.start()
        order = sorted(range(len(rows)), key=lambda place: -len(rows[place].ids))
        batches = [order[start : start + _ROWS] for start in range(0, len(order), _ROWS)]

        def scored(places: list[int]) -> list[Any]:
            inputs = dict(zip(_INPUTS, pack([rows[place] for place in places]), strict=True))
            return infer(inputs)

        found: list[tuple[list[float], float]] = [([], 0.0)] * len(rows)
        for places in batches:
            segments, whole = scored(places)
            for line, place in enumerate(places):
                count = len(rows[place].segments)
                found[place] = (segments[line, :count].tolist(), float(whole[line]))
        return found

    def start(self) -> Infer:
        """Load the graph, once: OpenVINO where it runs, in half the time, else ONNX Runtime."""
        with self._lock:
            if self._infer is None:
                graph = ensure_cross_encoder(self._folder, self._weights)
                try:
                    # One stream: two that begin at once got other scores in one of five processes,
                    # since 8-bit weights are packed with the first inference.
                    self._infer = openvino_requests(graph, self._threads, streams=1)
                except (ImportError, RuntimeError):
                    self._infer = _onnx_runtime(graph, self._threads)
                # Once by one thread, see `openvino_runner`.
                least = Window((_START, _STOP, _STOP), (0, 0, 1), ((2, 3),))
                self._infer(dict(zip(_INPUTS, pack([least]), strict=True)))
            return self._infer


def _onnx_runtime(graph: Path, threads: int) -> Infer:
    session = onnx_session(graph, threads)
    return lambda inputs: cast("list[Any]", session.run(["segment", "whole"], inputs))
