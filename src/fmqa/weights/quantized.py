"""Weights as whole numbers of 8 bits with a scale for each row: a quarter of their size.

Used for the models that ship with the package. Vectors (biases, norms) stay in half precision.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]

_SCALE = ":scale"
_MOST = 127


def save_quantized(weights: Weights, path: Path) -> None:
    """Write float weights to a safetensors file, matrices as 8-bit rows with their scales."""
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


def load_quantized(path: Path) -> Weights:
    """The float weights of such a file.

    Raises:
        OSError: the file can't be read.
        safetensors.SafetensorError: it is no such file.
    """
    import numpy as np
    from safetensors.numpy import load_file

    tensors = load_file(path)
    return {
        name: value.astype(np.float32) * tensors.get(name + _SCALE, np.float32(1))
        for name, value in tensors.items()
        if not name.endswith(_SCALE)
    }
