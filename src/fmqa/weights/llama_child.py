"""The child process that runs llama.cpp: started by `fmqa.weights.llama`, never imported.

It reads its orders as one line of JSON on standard input, answers with one line (the address that
it listens on) on standard output, and ends when standard input does, which it does when the parent
dies, however it dies. It needs nothing of fmqa, so that it starts at once.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

_PARENT_POLL_SECONDS = 1.0
_SAMPLE_SECONDS = 0.2


def main() -> None:
    """Serves until the parent goes."""
    parent = os.getppid()
    orders = json.loads(sys.stdin.buffer.readline())
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # whatever the native code prints must not reach the answers
    threading.Thread(target=_end_with_input, daemon=True).start()
    server = _serve(orders)
    answers.write(json.dumps({"address": server.listening_address}) + "\n")
    answers.flush()
    # A fork of the parent may hold the pipe open beyond the parent's end, so look for that too.
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os._exit(0)


def _serve(orders: dict[str, Any]) -> Any:
    """A server on a free port of the loopback interface; returns when the model is loaded."""
    before = _others_seconds(os.getppid()), time.monotonic()
    import xllamacpp

    threads = orders["threads"] or _quiet_threads(before)
    params = xllamacpp.CommonParams()
    params.model.path = orders["model"]
    params.model_alias = {"local"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [orders["api_key"]]
    params.cors_origins = ""
    params.cors_credentials = False
    params.ui = False
    params.verbosity = -1
    params.n_parallel = orders["slots"]
    params.n_ctx = orders["slots"] * orders["slot_tokens"]
    params.kv_unified = False
    params.ctx_shift = False
    params.cache_prompt = True
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    # Copied into the CPU's favourite order, the weights would take 3 s and 0.6 GB more, for four
    # answers at once that come 15 % sooner.
    params.no_extra_bufts = True
    params.n_gpu_layers = 0
    params.fit_params = False
    params.use_jinja = True
    params.timeout_read = params.timeout_write = 600
    return xllamacpp.Server(params)


def _quiet_threads(before: tuple[float, float]) -> int:
    """As many threads as there are cores that nobody else keeps busy.

    llama.cpp's threads wait for each other by spinning, some hundred times a token. With two of
    them and one core taken by a neighbour, 0.5 tokens/s were measured; with one, 7.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    usable = usable or 1
    time.sleep(max(0.0, before[1] + _SAMPLE_SECONDS - time.monotonic()))
    seconds = time.monotonic() - before[1]
    busy = (_others_seconds(os.getppid()) - before[0]) / seconds
    return max(1, min(usable, round((os.cpu_count() or usable) - busy)))


def _others_seconds(parent: int) -> float:
    """CPU seconds that other processes than the parent and this one have used, where it is told."""
    try:
        import psutil

        total = psutil.cpu_times()
        own = [psutil.Process(pid).cpu_times() for pid in (parent, os.getpid())]
    except Exception:
        return 0.0
    busy = total.user + total.system + getattr(total, "nice", 0.0) + getattr(total, "steal", 0.0)
    return float(busy - sum(times.user + times.system for times in own))


def _end_with_input() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)  # not sys.exit: native threads are running


if __name__ == "__main__":
    main()
