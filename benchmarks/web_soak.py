"""Memory of a served chat over as many questions as eight hours bring.

    python -m benchmarks.web_soak [--questions 2000] [--warm-up 100]

A process of its own (`fmqa serve`, language model: none, a new data folder with the starter notes)
is asked new questions, in turn by pages, each of which puts five to a conversation and is closed,
and by programs, each call of which is a session of its own. Compared is its resident memory after
the warm-up with that after all questions.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import requests

from benchmarks.common import print_table, write_results
from benchmarks.web_reader import PageReader, WentWrong, free_port, questions, serving

_OF_ONE_PAGE = 5
_LOOKS = 20


def main() -> None:
    """Ask, look at the memory, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=2000, help="after the warm-up")
    parser.add_argument("--warm-up", type=int, default=100, help="questions before the first look")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="fmqa-soak-") as home,
        serving(Path(home), free_port(), "none") as (address, pid),
    ):
        figures = soak(address, psutil.Process(pid), options.warm_up, options.questions)
    print_table("A served chat over many questions", list(figures.items()))
    write_results("web_soak", figures)


def soak(address: str, process: psutil.Process, warm_up: int, count: int) -> dict[str, Any]:
    """The figures of a server that is asked so many questions."""
    mib, errors, began = [], 0, time.perf_counter()
    asking = _Asking(address)
    for number, (question, filters) in enumerate(questions(warm_up + count)):
        if number == warm_up:
            mib.append(_mib(process))
            began = time.perf_counter()
        try:
            asking.ask(question, filters)
        except (WentWrong, requests.RequestException) as error:
            errors += 1
            print(f"  {question}: {error}", flush=True)
        if number > warm_up and (number - warm_up) % max(1, count // _LOOKS) == 0:
            mib.append(_mib(process))
            print(f"  {number - warm_up:,} questions: {mib[-1]:.1f} MiB", flush=True)
    mib.append(_mib(process))
    return {
        "questions": count,
        "warm-up": warm_up,
        "errors": errors,
        "before, MiB": round(mib[0], 1),
        "after, MiB": round(mib[-1], 1),
        "growth, %": round(100 * (mib[-1] / mib[0] - 1), 2),
        "growth over the second half, %": round(100 * (mib[-1] / mib[len(mib) // 2] - 1), 2),
        "questions a second": round(count / (time.perf_counter() - began), 1),
        "MiB on the way": [round(size, 1) for size in mib],
    }


class _Asking:
    """Pages and programs in turn."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.programs = requests.Session()
        self.programs.trust_env = False
        self.page: PageReader | None = None
        self.asked = 0

    def ask(self, question: str, filters: str) -> None:
        """Put one question, by whom it is the turn of.

        Raises:
            WentWrong: no answer came.
        """
        group, within = divmod(self.asked, _OF_ONE_PAGE)
        self.asked += 1
        if within == 0 and self.page is not None:
            self.page.close()
            self.page = None
        if group % 2:
            self._call(question, filters)
        else:
            self.page = self.page or PageReader(self.address)
            self.page.ask(question, filters)

    def _call(self, question: str, filters: str) -> None:
        path = f"{self.address}/gradio_api/call/ask"
        event = self.programs.post(path, json={"data": [question, filters, []]}, timeout=60)
        said = self.programs.get(f"{path}/{event.json()['event_id']}", timeout=60).text
        if "event: complete" not in said:
            raise WentWrong(said[-300:])


def _mib(process: psutil.Process) -> float:
    """Resident memory of a process and its children."""
    family = [process, *process.children(recursive=True)]
    return float(sum(one.memory_info().rss for one in family)) / 2**20


if __name__ == "__main__":
    main()
