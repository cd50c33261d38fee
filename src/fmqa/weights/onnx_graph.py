"""Builds the ONNX graphs of BERT encoders from their weights, with neither torch nor a hub.

The encoder is that of Devlin et al., 2019 (arXiv:1810.04805). Two graphs are made of it:

- the sentence encoder takes ``input_ids`` and ``attention_mask`` (batch × tokens, int64) and gives
  ``embedding`` (batch × dimension, unit length): the mean over the tokens of the mask and the L2
  norm, as sentence-transformers computes them;
- the cross-encoder takes ``token_type_ids`` and ``segments`` besides (batch × segments × tokens,
  float: the weights of each segment's mean) and gives the logits ``segment`` (batch × segments) and
  ``whole`` (batch).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmqa.errors import ModelCorrupt
from fmqa.files import replacing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]

EXPORTER_VERSION = 1
"""Raised whenever the sentence encoder changes in what it computes; libraries hold it."""

_KIND = "int8"  # of a cross-encoder's graph; another name for each form that it is built in
_OPSET = 17
_IR_VERSION = 8
_MASKED = -1e4
_TOKENS = ["batch", "tokens"]
_SCALE = ":scale"
_MOST = 127


def graph_path(folder: Path) -> Path:
    """Where the graph of the model in ``folder`` is kept."""
    return folder / f"model.v{EXPORTER_VERSION}.onnx"


def ensure_graph(folder: Path) -> Path:
    """The sentence encoder's graph of the model in ``folder``, built when it isn't there (1 s)."""
    path = graph_path(folder)
    if not path.is_file():
        build_graph(folder, path)
    return path


def build_graph(folder: Path, path: Path) -> None:
    """Write the sentence encoder of ``folder`` to ``path``, which appears whole or not at all.

    Raises:
        ModelCorrupt: the folder doesn't hold a BERT encoder.
    """
    _build(folder, path, None)


def ensure_cross_encoder(folder: Path, trained: Path) -> Path:
    """The graph of a cross-encoder, built beside the base model when it isn't there (1 s).

    Args:
        folder: the base model, whose word embeddings it shares.
        trained: its layers and heads, see `save_quantized`.

    Raises:
        ModelCorrupt: the files don't hold one.
    """
    try:
        mark = hashlib.sha256(trained.read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise ModelCorrupt(f"{trained} can't be read: {error}.") from error
    path = folder / f"{trained.stem}.{mark}.{_KIND}.onnx"
    if not path.is_file():
        _build(folder, path, trained)
    return path


def _build(folder: Path, path: Path, trained: Path | None) -> None:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        weights = load_file(folder / "model.safetensors")
        rows: dict[str, NDArray[Any]] = {}
        if trained is not None:
            rows = load_file(trained)
            weights |= dequantized(rows)
        builder = _Builder(config, weights, rows)
        model = builder.cross_encoder() if trained else builder.sentence_encoder()
        data = model.SerializeToString(deterministic=True)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelCorrupt(f"{folder} doesn't hold a BERT encoder: {error}.") from error
    with replacing(path) as stream:
        stream.write(data)


class _Builder:
    """Collects the nodes and constants of one graph.

    Args:
        config: the model's ``config.json``.
        weights: its floats.
        rows: the matrices that `save_quantized` wrote; they stay as they are, so that a runtime
            which multiplies whole numbers does, in 0.7 of the time of bfloat16.
    """

    def __init__(
        self, config: dict[str, Any], weights: Weights, rows: Mapping[str, NDArray[Any]]
    ) -> None:
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise ValueError("config.json names another architecture")
        self.weights = weights
        self.rows = rows
        self.layers = int(config["num_hidden_layers"])
        self.heads = int(config["num_attention_heads"])
        self.hidden = int(config["hidden_size"])
        self.epsilon = float(config["layer_norm_eps"])
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def sentence_encoder(self) -> Any:
        """Tokens to one unit vector, as an ``onnx.ModelProto``."""
        self._pool(self._encode(types=False))
        inputs = {"input_ids": ("INT64", _TOKENS), "attention_mask": ("INT64", _TOKENS)}
        return self._model(inputs, {"embedding": ["batch", self.hidden]})

    def cross_encoder(self) -> Any:
        """Two texts in one to logits of the second one's segments, as an ``onnx.ModelProto``."""
        hidden = self._encode(types=True)
        pooled = self._add("MatMul", ["segments", hidden])
        self._score("segment_head", pooled, "segment")
        first = self._add("Gather", [hidden, self._constant("first", 0)], axis=1)
        self._score("whole_head", first, "whole")
        inputs = {
            "input_ids": ("INT64", _TOKENS),
            "attention_mask": ("INT64", _TOKENS),
            "token_type_ids": ("INT64", _TOKENS),
            "segments": ("FLOAT", ["batch", "segments", "tokens"]),
        }
        return self._model(inputs, {"segment": ["batch", "segments"], "whole": ["batch"]})

    def _model(
        self, inputs: dict[str, tuple[str, list[str]]], outputs: dict[str, list[Any]]
    ) -> Any:
        from onnx import TensorProto, checker, helper

        info = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "bert",
            [
                info(name, getattr(TensorProto, kind), shape)
                for name, (kind, shape) in inputs.items()
            ],
            [info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
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

    def _encode(self, *, types: bool) -> str:
        hidden = self._embeddings(types=types)
        bias = self._mask_bias()
        for layer in range(self.layers):
            hidden = self._layer(f"encoder.layer.{layer}", hidden, bias)
        return hidden

    def _embeddings(self, *, types: bool) -> str:
        """Word, position and token type embeddings, added and normalised.

        Without ``types`` all tokens are of the first type.
        """
        kinds = self.weights["embeddings.token_type_embeddings.weight"]
        words = self._constant("words", self.weights["embeddings.word_embeddings.weight"])
        places = self.weights["embeddings.position_embeddings.weight"]
        positions = self._constant("positions", places if types else places + kinds[0])
        shape = self._add("Shape", ["input_ids"])
        length = self._add("Gather", [shape, self._constant("one", [1])], axis=0)
        zero = self._constant("zero", [0])
        position = self._add("Slice", [positions, zero, length, zero])
        hidden = self._add("Add", [self._add("Gather", [words, "input_ids"], axis=0), position])
        if types:
            kind = self._add("Gather", [self._constant("kinds", kinds), "token_type_ids"], axis=0)
            hidden = self._add("Add", [hidden, kind])
        return self._norm("embeddings.LayerNorm", hidden)

    def _score(self, name: str, value: str, output: str) -> None:
        """A head of two layers, with one number for each vector."""
        inner = self._gelu(self._linear(f"{name}.0", value))
        number = self._linear(f"{name}.2", inner)
        self._add("Squeeze", [number, self._constant("last", [-1])], output=output)

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
        kept = f"{name}.weight"
        weight = self._constant(kept, self.rows.get(kept, self.weights[kept]).T)
        if kept in self.rows:
            scale = self._constant(kept + _SCALE, self.rows[kept + _SCALE][:, 0])
            weight = self._add("DequantizeLinear", [weight, scale], axis=1)
        bias = self._constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self._add("Add", [self._add("MatMul", [value, weight]), bias])

    def _norm(self, name: str, value: str) -> str:
        scale = self._constant(f"{name}.weight", self.weights[f"{name}.weight"])
        bias = self._constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self._add("LayerNormalization", [value, scale, bias], axis=-1, epsilon=self.epsilon)

    def _constant(self, name: str, value: Any) -> str:
        """The name of a constant, added when it is new.

        Whole numbers of 8 bits are weights, others shapes and axes (int64).
        """
        import numpy as np
        from onnx import numpy_helper

        if name not in self.constants:
            array = np.asarray(value)
            if array.dtype != np.int8:
                array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
            tensor = numpy_helper.from_array(np.asarray(array, order="C"), name)
            self.constants[name] = tensor
        return name

    def _add(
        self, operator: str, inputs: list[str], *, output: str | None = None, **attributes: Any
    ) -> str:
        from onnx import helper

        name = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name


def save_quantized(weights: Weights, path: Path) -> None:
    """Write float weights to a safetensors file, matrices as 8-bit rows with a scale for each.

    So the models that ship with the package have a quarter of their size. Vectors (biases, norms)
    stay in half precision.
    """
    import numpy as np
    from safetensors.numpy import save_file

    tensors = {}
    for name, value in weights.items():
        if value.ndim != 2:
            tensors[name] = value.astype(np.float16)
            continue
        scale = np.maximum(np.abs(value).max(axis=1, keepdims=True), 1e-8) / _MOST
        tensors[name] = np.clip(np.round(value / scale), -_MOST, _MOST).astype(np.int8)
        tensors[name + _SCALE] = scale.astype(np.float32)
    save_file(tensors, path)


def dequantized(tensors: Mapping[str, NDArray[Any]]) -> Weights:
    """The float weights of what such a file holds."""
    import numpy as np

    return {
        name: value.astype(np.float32) * tensors.get(name + _SCALE, np.float32(1))
        for name, value in tensors.items()
        if not name.endswith(_SCALE)
    }
