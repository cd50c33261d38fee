import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from fmqa.errors import ModelMissing
from fmqa.settings import Settings
from fmqa.store import embedding
from fmqa.store.embedding import (
    MANY,
    OnnxEmbedder,
    SentenceTransformerEmbedder,
    make_embedder,
)
from fmqa.weights import runtimes
from fmqa.weights.catalog import MINILM
from fmqa.weights.onnx_graph import graph_path
from fmqa.weights.pull import pull

pytestmark = pytest.mark.slow

QUESTION = "How was MedSAM obtained from SAM?"
TEXTS = [
    "MedSAM fine-tunes SAM on 1,570,263 image-mask pairs.",
    "",
    "x",
    "A longer sentence, with punctuation; numbers (0.95) and Ümlauts — 中文也有. " * 40,
    "UNI was pretrained with DINOv2.",
]
NO_TORCH = """
import sys
from fmqa.settings import Settings
from fmqa.store.embedding import make_embedder
embedder = make_embedder(Settings())
embedder.embed_query("What is MedSAM?")
embedder.embed_array(["a"] * 100)
heavy = {"torch", "transformers", "sentence_transformers", "openvino_telemetry", "langchain_core"}
print(sorted(heavy & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def folder() -> Path:
    return pull(MINILM, Settings().models_dir)


@pytest.fixture(scope="module")
def embedder(folder: Path) -> OnnxEmbedder:
    return OnnxEmbedder(folder)


def test_vectors_have_unit_length_and_mean_something(embedder):
    vectors = embedder.embed_array([QUESTION, "MedSAM fine-tunes SAM.", "Bread needs yeast."])
    assert vectors.shape == (3, embedder.dimension) == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's list of threads")
def test_no_thread_is_bound_to_a_core_of_its_own(folder):
    """Those of two workers would be bound to the same one."""
    pytest.importorskip("openvino")
    usable, bound, done = os.sched_getaffinity(0), set(), threading.Event()

    def watch():
        while not done.wait(0.002):
            for thread in Path("/proc/self/task").iterdir():
                with contextlib.suppress(OSError):
                    bound.add(frozenset(os.sched_getaffinity(int(thread.name))))

    watching = threading.Thread(target=watch)
    watching.start()
    OnnxEmbedder(folder, threads=1).embed_array(["some words " * 40] * MANY)
    done.set()
    watching.join()
    assert bound == {frozenset(usable)}


_ENDED_ELSEWHERE = """
import signal, sys, threading
from pathlib import Path
from fmqa.store.embedding import MANY, OnnxEmbedder

held = [OnnxEmbedder(Path(sys.argv[1]))]
held[0].embed_array(["some words"] * MANY)
assert held[0]._openvino
ending = threading.Thread(target=held.clear)
ending.start()
ending.join()
signal.signal(signal.SIGINT, lambda number, frame: print("interrupted"))
signal.raise_signal(signal.SIGINT)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
def test_a_model_that_another_thread_ends_leaves_the_first_its_signals(folder):
    """On CPUs with AMX the stack that signals are handled on would be gone."""
    pytest.importorskip("openvino")
    command = [sys.executable, "-X", "faulthandler", "-c", _ENDED_ELSEWHERE, str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "interrupted\n"), run.stderr


def test_the_first_inference_is_made_by_one_thread_alone(folder, monkeypatch):
    """Two at once wait for each other for ever, now and then."""
    pytest.importorskip("openvino")
    openvino = runtimes.import_openvino()
    infer, events = openvino.InferRequest.infer, []

    def recorded(request, *given, **more):
        events.append("begun")
        result = infer(request, *given, **more)
        events.append("done")
        return result

    monkeypatch.setattr(openvino.InferRequest, "infer", recorded)
    OnnxEmbedder(folder, threads=2).embed_array(["some words " * 40] * MANY)
    assert events[:2] == ["begun", "done"]
    assert len(events) > 4


def test_both_runtimes_agree(embedder, folder, monkeypatch):
    texts = [f"Sentence {number}, " + "some more words " * number for number in range(MANY)]
    by_openvino = embedder.embed_array(texts)
    other = OnnxEmbedder(folder)
    monkeypatch.setitem(sys.modules, "openvino", None)
    by_onnx_runtime = other.embed_array(texts)
    assert other._openvino is None
    assert (by_openvino * by_onnx_runtime).sum(axis=1).min() > 0.9995  # bfloat16 on some CPUs
    assert embedder.fingerprint == other.fingerprint
    one = np.asarray(embedder.embed_query(texts[7]), np.float32)
    assert one @ by_onnx_runtime[7] > 0.99999


def same(one, other):
    """Whether these are one text's vectors; passages are embedded in bfloat16 on some CPUs."""
    return np.dot(one, other) > 0.9995


@pytest.mark.parametrize("text", ["", " ", "a b " * 25_000, "\ud800 half a pair", "\x00", "中文"])
def test_odd_texts(embedder, text):
    assert np.isclose(np.linalg.norm(embedder.embed_query(text)), 1, atol=1e-5)
    assert same(embedder.embed_array([text])[0], embedder.embed_query(text))


def test_no_texts(embedder):
    assert embedder.embed_array([]).shape == (0, 384)


def test_only_the_first_256_tokens_count(embedder):
    head = "word " * 254
    assert embedder.embed_query(head + "apple") == embedder.embed_query(head + "zebra")


def test_order_is_kept(embedder):
    texts = ["long " * 200, "short", "middle " * 50] * 10
    vectors = embedder.embed_array(texts)
    assert all(same(*pair) for pair in zip(vectors[:3], vectors[3:6], strict=True))
    assert same(vectors[1], embedder.embed_query("short"))
    assert not same(vectors[1], vectors[2])


def test_no_torch_on_the_way():
    run = subprocess.run(
        [sys.executable, "-c", NO_TORCH], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_a_damaged_graph_is_built_again(folder, tmp_path):
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).symlink_to(folder / name)
    graph_path(tmp_path).write_bytes(b"torn")
    assert len(OnnxEmbedder(tmp_path).embed_query("x")) == 384


def test_settings_choose(folder, tmp_path):
    settings = Settings()
    assert isinstance(make_embedder(settings), OnnxEmbedder)
    assert make_embedder(settings).fingerprint.startswith("all-MiniLM-L6-v2:53aa51172d14:384:256")
    other = make_embedder(settings.model_copy(update={"embedding_model": "some/other"}))
    assert isinstance(other, SentenceTransformerEmbedder)
    on_gpu = make_embedder(settings.model_copy(update={"embedding_device": "cuda"}))
    assert isinstance(on_gpu, SentenceTransformerEmbedder)
    assert on_gpu.fingerprint == make_embedder(settings).fingerprint
    with pytest.raises(ModelMissing):
        make_embedder(settings.model_copy(update={"models_dir": tmp_path}))


SENTENCE_TRANSFORMER = """
import json, sys
import numpy as np
from pathlib import Path
from fmqa.errors import ModelMissing
from fmqa.store.embedding import OnnxEmbedder, SentenceTransformerEmbedder
folder, texts = sys.argv[1], json.loads(sys.argv[2])
theirs, ours = SentenceTransformerEmbedder(folder), OnnxEmbedder(Path(folder), threads=1)
assert theirs.dimension == 384 and theirs.fingerprint.endswith(":384:256:st")
assert (theirs.embed_array(texts) * ours.embed_array(texts)).sum(axis=1).min() > 0.99999
assert theirs.embed_array([]).shape == (0, 384)
assert theirs.embed_array(["a", "b"]).dtype == np.float32
try:
    SentenceTransformerEmbedder("nobody/nothing").embed_query("x")
except ModelMissing as error:
    assert "nobody/nothing" in str(error)
    print("fine")
"""


def test_any_model_of_sentence_transformers(folder):
    run = subprocess.run(
        [sys.executable, "-c", SENTENCE_TRANSFORMER, str(folder), json.dumps(TEXTS)],
        capture_output=True,
        text=True,
        check=False,
        env={**__import__("os").environ, "HF_HUB_OFFLINE": "1"},
    )
    assert run.stdout.strip() == "fine", run.stderr


def test_openvino_is_given_few_shapes_whatever_it_is_asked():
    seen = set()
    for width in range(1, 257):
        for row in (1, 2, 7, 8, 9, 31, 2048 // width):
            ids = np.ones((row, width), np.int64)
            filled, mask = runtimes._rounded(ids, ids)
            assert filled.shape == mask.shape
            assert filled[:row, :width].all() and mask[:row, :width].all()
            assert mask.any(axis=1).all()  # a mean over no token would be no number
            assert mask.sum() == row * width + len(mask) - row
            seen.add(filled.shape)
    assert len(seen) < 100


def test_batches_hold_every_row_once():
    lengths = [3, 256, 10, 256, 1] * 40
    batches = list(embedding._batches(lengths))
    assert sorted(row for batch in batches for row in batch) == list(range(200))
    assert all(len(rows) * max(lengths[r] for r in rows) <= 2048 for rows in batches)
