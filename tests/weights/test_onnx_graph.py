import json
import subprocess
import sys
from pathlib import Path

import pytest

from fmqa.errors import ModelCorrupt
from fmqa.weights.onnx_graph import build_graph, ensure_graph, graph_path

TEXTS = [
    "MedSAM fine-tunes SAM on 1,570,263 image-mask pairs.",
    "",
    "x",
    "A longer sentence, with punctuation; numbers (0.95) and Ümlauts — 中文也有. " * 40,
    "UNI was pretrained with DINOv2.",
]
COMPARE = """
import json, sys
import numpy as np, torch
from sentence_transformers import SentenceTransformer
from fmqa.store.embedding import OnnxEmbedder
from pathlib import Path
folder, texts = sys.argv[1], json.loads(sys.argv[2])
torch.set_num_threads(1)
reference = SentenceTransformer(folder, device="cpu").encode(texts, normalize_embeddings=True)
ours = OnnxEmbedder(Path(folder), threads=1).embed_array(texts)
print(json.dumps((reference * ours).sum(axis=1).tolist()))
"""


def test_it_computes_what_sentence_transformers_computes(minilm: Path):
    run = subprocess.run(
        [sys.executable, "-c", COMPARE, str(minilm), json.dumps(TEXTS)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert min(json.loads(run.stdout.splitlines()[-1])) > 0.99999


def test_it_is_deterministic_and_whole(minilm: Path, tmp_path: Path):
    for name in ("a.onnx", "b.onnx"):
        build_graph(minilm, tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.onnx", "b.onnx"]
    assert ensure_graph(minilm) == graph_path(minilm)


@pytest.mark.parametrize("config", ["{}", "no json", '{"model_type": "gpt2"}'])
def test_another_architecture_is_refused(tmp_path: Path, config: str):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ModelCorrupt, match="BERT"):
        build_graph(tmp_path, tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()
