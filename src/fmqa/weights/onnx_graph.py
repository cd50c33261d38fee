"""Builds the ONNX graph of a BERT encoder from its published weights, with neither torch nor a hub.

The graph takes ``input_ids`` and ``attention_mask`` (both batch × tokens, int64) and gives
``embedding`` (batch × dimension, unit length): the encoder of Devlin et al., 2019
(arXiv:1810.04805), the mean over the tokens of the attention mask, and the L2 norm, as
sentence-transformers computes them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmqa.errors import ModelCorrupt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]

EXPORTER_VERSION = 1
"""Raised whenever the graph changes in what it computes."""

_OPSET = 17
_IR_VERSION = 8
_MASKED = -1e4


def graph_path(folder: Path) -> Path:
    """Where the graph of the model in ``folder`` is kept."""
    return folder / f"model.v{EXPORTER_VERSION}.onnx"


def ensure_graph(folder: Path) -> Path:
    """The graph of the model in ``folder``, built when it isn't there yet (about 1 s)."""
    path = graph_path(folder)
    if not path.is_file():
        build_graph(folder, path)
    return path


def build_graph(folder: Path, path: Path) -> None:
    """Writes the graph of the model in ``folder`` to ``path``, which appears whole or not at all.

    Raises:
        ModelCorrupt: the folder doesn't hold a BERT encoder.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        builder = _Builder(config, load_file(folder / "model.safetensors"))
        data = builder.build().SerializeToString(deterministic=True)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelCorrupt(f"{folder} doesn't hold a BERT encoder: {error}.") from error
    scratch = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with scratch.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


class _Builder:
    """Collects the nodes and constants of one graph."""

    def __init__(self, config: dict[str, Any], weights: Weights) -> None:
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise ValueError("config.json names another architecture")
        self.weights = weights
        self.layers = int(config["num_hidden_layers"])
        self.heads = int(config["num_attention_heads"])
        self.hidden = int(config["hidden_size"])
        self.epsilon = float(config["layer_norm_eps"])
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def build(self) -> Any:
        """The whole model, as an ``onnx.ModelProto``."""
        from onnx import TensorProto, checker, helper

        tokens = ["batch", "tokens"]
        hidden = self._embeddings()
        bias = self._mask_bias()
        for layer in range(self.layers):
            hidden = self._layer(f"encoder.layer.{layer}", hidden, bias)
        self._pool(hidden)
        graph = helper.make_graph(
            self.nodes,
            "bert_sentence_encoder",
            [
                helper.make_tensor_value_info("input_ids", TensorProto.INT64, tokens),
                helper.make_tensor_value_info("attention_mask", TensorProto.INT64, tokens),
            ],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", self.hidden])],
            initializer=list(self.constants.values()),
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            producer_name="fmqa",
            producer_version=str(EXPORTER_VERSION),
            ir_version=_IR_VERSION,
        )
        checker.check_model(model)
        return model

    def _embeddings(self) -> str:
        """Word, position and (all zero) token type embeddings, added and normalised."""
        weights = self.weights
        types = weights["embeddings.token_type_embeddings.weight"][0]
        words = self._constant("words", weights["embeddings.word_embeddings.weight"])
        positions = self._constant(
            "positions", weights["embeddings.position_embeddings.weight"] + types
        )
        shape = self._add("Shape", ["input_ids"])
        length = self._add("Gather", [shape, self._constant("one", [1])], axis=0)
        zero = self._constant("zero", [0])
        position = self._add("Slice", [positions, zero, length, zero])
        word = self._add("Gather", [words, "input_ids"], axis=0)
        return self._norm("embeddings.LayerNorm", self._add("Add", [word, position]))

    def _mask_bias(self) -> str:
        """0 where a token stands, a large negative number where the batch was padded."""
        mask = self._add("Cast", ["attention_mask"], to=1)
        padding = self._add("Sub", [self._constant("full", 1.0), mask])
        bias = self._add("Mul", [padding, self._constant("masked", _MASKED)])
        return self._add("Unsqueeze", [bias, self._constant("head_axes", [1, 2])])

    def _layer(self, prefix: str, hidden: str, bias: str) -> str:
        attended = self._attention(prefix, hidden, bias)
        attended = self._linear(f"{prefix}.attention.output.dense", attended)
        hidden = self._norm(
            f"{prefix}.attention.output.LayerNorm", self._add("Add", [attended, hidden])
        )
        inner = self._gelu(self._linear(f"{prefix}.intermediate.dense", hidden))
        outer = self._linear(f"{prefix}.output.dense", inner)
        return self._norm(f"{prefix}.output.LayerNorm", self._add("Add", [outer, hidden]))

    def _attention(self, prefix: str, hidden: str, bias: str) -> str:
        """Scaled dot-product attention over all heads."""
        size = self.hidden // self.heads
        split = self._constant("split_heads", [0, 0, self.heads, size])
        join = self._constant("join_heads", [0, 0, self.hidden])

        def heads(name: str, order: list[int]) -> str:
            projected = self._linear(f"{prefix}.attention.self.{name}", hidden)
            return self._add("Transpose", [self._add("Reshape", [projected, split])], perm=order)

        query, value = heads("query", [0, 2, 1, 3]), heads("value", [0, 2, 1, 3])
        key = heads("key", [0, 2, 3, 1])
        scores = self._add("MatMul", [query, key])
        scores = self._add("Mul", [scores, self._constant("scale", size**-0.5)])
        weights = self._add("Softmax", [self._add("Add", [scores, bias])], axis=-1)
        context = self._add("Transpose", [self._add("MatMul", [weights, value])], perm=[0, 2, 1, 3])
        return self._add("Reshape", [context, join])

    def _gelu(self, value: str) -> str:
        """The exact one, by the error function."""
        ratio = self._add("Div", [value, self._constant("root_two", 2.0**0.5)])
        curve = self._add("Add", [self._add("Erf", [ratio]), self._constant("full", 1.0)])
        product = self._add("Mul", [value, curve])
        return self._add("Mul", [product, self._constant("half", 0.5)])

    def _pool(self, hidden: str) -> None:
        """Mean over the mask's tokens, then unit length."""
        mask = self._add("Cast", ["attention_mask"], to=1)
        mask = self._add("Unsqueeze", [mask, self._constant("last_axis", [-1])])
        axes = self._constant("one", [1])
        total = self._add("ReduceSum", [self._add("Mul", [hidden, mask]), axes], keepdims=0)
        count = self._add("ReduceSum", [mask, axes], keepdims=0)
        count = self._add("Max", [count, self._constant("least_count", 1e-9)])
        mean = self._add("Div", [total, count])
        norm = self._add("ReduceL2", [mean], axes=[1], keepdims=1)
        norm = self._add("Max", [norm, self._constant("least_norm", 1e-12)])
        self._add("Div", [mean, norm], output="embedding")

    def _linear(self, name: str, value: str) -> str:
        weight = self._constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        bias = self._constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self._add("Add", [self._add("MatMul", [value, weight]), bias])

    def _norm(self, name: str, value: str) -> str:
        scale = self._constant(f"{name}.weight", self.weights[f"{name}.weight"])
        bias = self._constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self._add("LayerNormalization", [value, scale, bias], axis=-1, epsilon=self.epsilon)

    def _constant(self, name: str, value: Any) -> str:
        """The name of a constant, added when it is new. Integers are shapes and axes (int64)."""
        import numpy as np
        from onnx import numpy_helper

        if name not in self.constants:
            array = np.asarray(value)
            kind = np.int64 if array.dtype.kind == "i" else np.float32
            tensor = numpy_helper.from_array(np.asarray(array, dtype=kind, order="C"), name)
            self.constants[name] = tensor
        return name

    def _add(
        self, operator: str, inputs: list[str], *, output: str | None = None, **attributes: Any
    ) -> str:
        from onnx import helper

        name = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name
