"""Runs the encoders' graphs: by ONNX Runtime, and many texts by OpenVINO in few shapes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Tokens = NDArray[np.int64]
    Run = Callable[[Tokens, Tokens], Vectors]


def usable_threads(wanted: int = 0) -> int:
    """``wanted`` threads, or where it is 0, as many as the process may use."""
    if wanted > 0:
        return wanted
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def onnx_session(path: Path, threads: int) -> Any:
    """A graph opened by ONNX Runtime on the CPU.

    Raises:
        Exception: it is no graph; the runtime's errors have no common public base.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


ROWS = 8
"""Batches are run with a multiple of so many rows, and of `_COLUMNS` tokens."""
_COLUMNS = 16


_GROUP = 384


def openvino_runner(path: Path, threads: int) -> Run:
    """The sentence encoder compiled by OpenVINO, for batches of any shape.

    Raises:
        ImportError: OpenVINO isn't installed.
        RuntimeError: it can't run here.
    """
    import numpy as np

    infer = openvino_requests(path, threads)

    def run(ids: Tokens, mask: Tokens) -> Vectors:
        whole = dict(zip(("input_ids", "attention_mask"), _rounded(ids, mask), strict=True))
        return cast("Vectors", infer(whole)[0][: len(ids)])

    # Once by one thread: the first inference makes a table inside of the binding, and two threads
    # that begin it at once wait for each other for ever, in four of thirty processes.
    run(np.ones((1, 1), np.int64), np.ones((1, 1), np.int64))
    return run


def openvino_requests(
    path: Path, threads: int, streams: int = 0
) -> Callable[[dict[str, Any]], list[Any]]:
    """A graph compiled by OpenVINO, in bfloat16 where the CPU computes in it: inputs to outputs.

    Each thread is a stream of its own, unless ``streams`` says how many there are: batches side by
    side are 15 % faster than each over all threads.

    Raises:
        ImportError: OpenVINO isn't installed.
        RuntimeError: it can't run here.
    """
    # In a thread of its own: where the CPU has AMX, OpenVINO gives the thread that makes it a
    # signal stack, and frees that with the model, whatever thread then ends it. The next signal of
    # a main thread would end the process.
    with ThreadPoolExecutor(1) as maker:
        compiled = maker.submit(_compiled, path, threads, streams or threads).result()
    free: SimpleQueue[Any] = SimpleQueue()
    for _ in range(streams or threads):
        free.put(compiled.create_infer_request())

    def infer(inputs: dict[str, Any]) -> list[Any]:
        request = free.get()
        try:
            result = request.infer(inputs, share_inputs=True)
            return [result[place].copy() for place in range(len(compiled.outputs))]
        finally:
            free.put(request)

    return infer


def _compiled(path: Path, threads: int, streams: int) -> Any:
    core = import_openvino().Core()
    half = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return core.compile_model(
        core.read_model(path),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
            # What is multiplied by 8-bit weights gets 8 bits, too, with a scale for so many values.
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": _GROUP,
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            # Bound to cores, the threads of two workers would all be bound to the first ones.
            "ENABLE_CPU_PINNING": False,
        },
    )


def _rounded(ids: Tokens, mask: Tokens) -> tuple[Tokens, Tokens]:
    """The batch, filled up to a shape of which there are few.

    OpenVINO compiles kernels for each new shape, about 1 MiB of them, and keeps those of the last
    5,000 shapes: a server that embeds other numbers of other sentences for each question would
    grow for days.
    """
    import numpy as np

    more = (-len(ids) % ROWS, -ids.shape[1] % _COLUMNS)
    filled_ids, filled_mask = (np.pad(part, ((0, more[0]), (0, more[1]))) for part in (ids, mask))
    filled_mask[len(ids) :, 0] = 1  # a row's mean is taken over the tokens that its mask counts
    return filled_ids, filled_mask


def import_openvino() -> Any:
    """OpenVINO without its telemetry.

    Its import would write an identifier below the home folder and count the use, unless
    ``openvino_telemetry`` can't be imported: then it takes a stub of its own.
    """
    name = "openvino_telemetry"
    if name in sys.modules or "openvino" in sys.modules:
        import openvino

        return openvino
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        del sys.modules[name]
    return openvino
