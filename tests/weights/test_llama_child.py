import os
import time

import pytest

from fmqa.weights import llama_child


@pytest.mark.parametrize(
    ("cores", "others", "threads"), [(2, 0.1, 2), (2, 0.9, 1), (2, 5, 1), (8, 3, 5), (8, 0, 8)]
)
def test_a_core_that_others_keep_busy_gets_no_thread(monkeypatch, cores, others, threads):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(llama_child, "_SAMPLE_SECONDS", 0.0)
    began = time.monotonic() - 10
    monkeypatch.setattr(llama_child, "_others_seconds", lambda _: others * 10)
    assert llama_child._quiet_threads((0.0, began)) == threads


def test_other_processes_seconds_grow():
    first = llama_child._others_seconds(os.getppid())
    assert 0 < first <= llama_child._others_seconds(os.getppid()) + 1
