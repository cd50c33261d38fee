from pathlib import Path

import pytest

from fmqa.errors import ModelCorrupt
from fmqa.weights.onnx_graph import build_graph, ensure_graph, graph_path


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
