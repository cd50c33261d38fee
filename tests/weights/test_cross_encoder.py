"""Cross-encoders of our own: what they read, how their weights are kept, and what they say."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from fakes import hit
from fmqa.answering.marking import WEIGHTS, CosineMarker, TrainedMarker
from fmqa.errors import ModelCorrupt
from fmqa.store.embedding import OnnxEmbedder
from fmqa.weights.cross_encoder import LONGEST_WINDOW, CrossEncoderRunner, Window, pack, windows
from fmqa.weights.onnx_graph import dequantized, ensure_cross_encoder, save_quantized


class Letters:
    """A tokenizer whose tokens are letters."""

    def encode_batch(self, texts: list[str], add_special_tokens: bool) -> list[Any]:
        assert not add_special_tokens
        return [
            SimpleNamespace(ids=[1000 + ord(one) for one in text], word_ids=[*range(len(text))])
            for text in texts
        ]


TEXTS = st.lists(st.text(alphabet="abc", min_size=1, max_size=150), min_size=1, max_size=12)


@given(question=st.text("xyz", max_size=90), context=st.text("uvw", max_size=90), texts=TEXTS)
def test_each_segment_stands_in_a_window(question: str, context: str, texts: list[str]) -> None:
    found = windows(Letters(), question, context, texts)
    seen: dict[int, tuple[int, ...]] = {}
    for window, first in found:
        assert len(window.ids) <= LONGEST_WINDOW + 1
        for place, (start, end) in enumerate(window.segments, first):
            seen[place] = window.ids[start:end]
    assert sorted(seen) == list(range(len(texts)))
    for place, ids in seen.items():
        whole = tuple(1000 + ord(letter) for letter in texts[place])
        assert whole[: len(ids)] == ids


def test_a_later_window_begins_with_the_segment_before() -> None:
    texts = [letter * 100 for letter in "abcd"]
    found = windows(Letters(), "?", "", texts)
    assert [first for _, first in found] == [0, 1, 2]


def test_tokens_are_told_whether_the_other_text_has_their_word() -> None:
    [(window, _)] = windows(Letters(), "xy", "yz", ["x", "a"])
    told = dict(zip(window.ids[1:3], window.types[1:3], strict=True))
    assert told == {1000 + ord("x"): 0, 1000 + ord("y"): 0}
    said = dict(zip(window.ids[4:8], window.types[4:8], strict=True))
    assert said == {
        1000 + ord(letter): kind for letter, kind in zip("yzxa", (1, 3, 1, 3), strict=True)
    }


def test_a_batch_has_few_shapes() -> None:
    rows = [
        Window((101, 5, 102, 7, 8, 102), (0, 0, 0, 1, 1, 1), ((3, 5),)),
        Window((101, 102, 102), (0, 0, 1), ((2, 3),)),
    ]
    ids, mask, types, segments = pack(rows)
    assert ids.shape == mask.shape == types.shape == (2, 32)
    assert segments.shape == (2, 8, 32)
    assert mask.sum(axis=1).tolist() == [6, 3]
    assert types[0].tolist()[:7] == [0, 0, 0, 1, 1, 1, 0]
    assert segments[0, 0, 3:5].tolist() == [0.5, 0.5]


@given(seed=st.integers(0, 1000))
def test_quantized_weights_are_near(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    chance = np.random.default_rng(seed)
    weights = {"a": chance.normal(size=(7, 5)).astype(np.float32), "b": np.ones(3, np.float32)}
    path = tmp_path_factory.mktemp("weights") / "x.safetensors"
    save_quantized(weights, path)
    read = dequantized(load_file(path))
    step = np.abs(weights["a"]).max(axis=1, keepdims=True) / 127
    assert read.keys() == weights.keys()
    assert (np.abs(read["a"] - weights["a"]) <= step / 2 + 1e-6).all()
    assert (read["b"] == 1).all()


def test_weights_that_are_none(tmp_path: Path, minilm: Path) -> None:
    path = tmp_path / "marker.safetensors"
    with pytest.raises(ModelCorrupt):
        ensure_cross_encoder(minilm, path)
    path.write_bytes(b"torn")
    with pytest.raises(ModelCorrupt):
        ensure_cross_encoder(minilm, path)


ANSWERS = "TissueNet was trained on 51,234 slides of three hospitals."
OTHERS = "The weather was fine on that day. Slides are made of glass and are stained by hand."


def test_the_shipped_marker_prefers_what_answers(minilm: Path) -> None:
    marker = TrainedMarker(CrossEncoderRunner(minilm, WEIGHTS, threads=1))
    question = "On how many slides was TissueNet trained?"
    found = [
        hit(f"{OTHERS} {ANSWERS}", passage_id=1, title="TissueNet: a model of slides"),
        hit(OTHERS, passage_id=2, title="Glass"),
    ]
    one, other = marker.mark(question, found)
    assert [unit.text for unit in one.units][-1] == ANSWERS
    assert one.logits[-1] == max(one.logits)
    assert one.logits[-1] > max(other.logits)
    assert one.whole > other.whole
    alone = marker.mark(question, found[:1])[0]
    assert alone.logits == pytest.approx(one.logits, abs=0.3)  # bfloat16, in another batch


def test_without_a_model_the_cosine_marks(minilm: Path) -> None:
    marker = CosineMarker(OnnxEmbedder(minilm))
    (marked,) = marker.mark(
        "On how many slides was TissueNet trained?", [hit(f"{OTHERS} {ANSWERS}")]
    )
    assert marked.logits[-1] == max(marked.logits) == marked.whole
    assert marker.mark("Why?", []) == []
