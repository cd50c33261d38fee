"""How quick and how exact the ways of embedding are on this machine.

    python benchmarks/embedding.py [--texts 128]

Prints a cold question (a whole process), a warm one, and texts of 256 tokens per second for each
runtime and precision, with the smallest cosine against ONNX Runtime in float32.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fmqa.settings import Settings
from fmqa.store.embedding import _batches, _padded, make_embedder
from fmqa.weights.catalog import MINILM
from fmqa.weights.cpu import usable_threads
from fmqa.weights.onnx_graph import ensure_graph
from fmqa.weights.openvino_runner import import_openvino

COLD = """
from fmqa.settings import Settings
from fmqa.store.embedding import make_embedder
make_embedder(Settings()).embed_query("How was MedSAM obtained from SAM, and on how much data?")
"""
WORDS = "segmentation of medical images by a foundation model trained on many image mask pairs"
Run = Callable[[np.ndarray, np.ndarray], np.ndarray]


def main() -> None:
    """Runs all of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=128)
    texts = _texts(parser.parse_args().texts)
    embedder = make_embedder(Settings())
    embedder.embed_query("warm up")
    print(f"cold question: {statistics.median(_cold() for _ in range(3)):.2f} s")
    warm = [_seconds(lambda: embedder.embed_query(texts[0][:60])) for _ in range(30)]
    print(f"warm question: {statistics.median(warm) * 1000:.1f} ms")
    rows = embedder._encode(texts)
    graph = ensure_graph(MINILM.folder(Settings().models_dir))
    reference = None
    with tempfile.TemporaryDirectory() as folder:
        small = _int8(graph, Path(folder) / "int8.onnx")
        for name, make in _ways(graph, small).items():
            run = make()
            run(*_padded(rows[:2]))
            began = time.perf_counter()
            vectors = _all(run, rows)
            rate = len(rows) / (time.perf_counter() - began)
            reference = vectors if reference is None else reference
            cosine = float((vectors * reference).sum(axis=1).min())
            print(f"{name:28s} {rate:6.1f} texts/s  smallest cosine {cosine:.5f}")


def _texts(count: int) -> list[str]:
    words = WORDS.split()
    return [" ".join(words[(i * k) % len(words)] for k in range(1, 260)) for i in range(count)]


def _cold() -> float:
    return _seconds(lambda: subprocess.run([sys.executable, "-c", COLD], check=True))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _all(run: Run, rows: list[list[int]]) -> np.ndarray:
    vectors = np.empty((len(rows), 384), np.float32)
    for batch in _batches([len(row) for row in rows]):
        vectors[batch] = run(*_padded([rows[i] for i in batch]))
    return vectors


def _ways(graph: Path, small: Path) -> dict[str, Callable[[], Run]]:
    core = import_openvino().Core()
    ways: dict[str, Callable[[], Run]] = {
        "ONNX Runtime float32": lambda: _onnx_runtime(graph),
        "ONNX Runtime int8": lambda: _onnx_runtime(small),
        "OpenVINO float32": lambda: _openvino(core, graph, "f32"),
    }
    if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        ways["OpenVINO bfloat16"] = lambda: _openvino(core, graph, "bf16")
    return ways


def _onnx_runtime(path: Path) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


def _openvino(core: object, path: Path, precision: str) -> Run:
    options = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": usable_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = core.compile_model(core.read_model(path), "CPU", options)  # type: ignore[attr-defined]
    request = compiled.create_infer_request()
    return lambda ids, mask: request.infer([ids, mask])[0].copy()


def _int8(graph: Path, path: Path) -> Path:
    """Weights per channel, activations on the fly."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(graph, path, per_channel=True, weight_type=QuantType.QInt8)
    return path


if __name__ == "__main__":
    main()
