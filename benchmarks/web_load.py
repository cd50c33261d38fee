"""Twenty readers at once, by locust, on a served chat.

    python -m benchmarks.web_load [--users 20] [--seconds 60] [--llm none]

Each reader has a page of its own and puts new questions one after the other, with a pause for
reading of 5 to 10 seconds (language model: none; a new data folder with the starter notes). With
`--llm local` each puts one question, all at once, and what counts is that nobody gets an error and
that all who wait are told how many come first.
"""

# locust puts gevent's sockets in the place of Python's as it is imported, so it has to be first.
from locust import User, between, constant, task
from locust.env import Environment

# isort: split
import argparse
import itertools
import tempfile
import time
from pathlib import Path
from typing import Any

import gevent
import requests

from benchmarks.common import print_table, write_results
from benchmarks.web_reader import PageReader, Told, WentWrong, free_port, questions, serving

_MANY = 100_000
_QUESTION, _PAGE = "a question", "the page"


def main() -> None:
    """Let them ask, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0, help="for model none")
    parser.add_argument("--llm", default="none", help="none or local")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="fmqa-load-") as home,
        serving(Path(home), free_port(), options.llm) as (address, _),
    ):
        PageReader(address).ask("What is MedSAM?")  # returns once all is loaded
        once = options.llm != "none"
        figures = load(address, options.users, options.seconds, once=once)
    print_table(f"{options.users} readers at once, model {options.llm}", list(figures.items()))
    write_results(f"web_load-{options.llm}", figures)


def load(address: str, users: int, seconds: float, *, once: bool) -> dict[str, Any]:
    """The figures of so many readers.

    Args:
        address: of the server.
        users: how many readers there are, all from the start.
        seconds: how long they go on.
        once: that each puts one question only, however long its answer takes.
    """
    asked = questions(_MANY)
    next(asked)
    told: list[Told] = []
    problems: list[str] = []

    class Reader(User):
        """Puts questions on a page of its own."""

        wait_time = constant(0) if once else between(5, 10)

        def on_start(self) -> None:
            """Open the page."""
            self.page = self.reported(_PAGE, lambda: PageReader(address))

        def on_stop(self) -> None:
            """Close it."""
            if self.page is not None:
                self.page.close()

        @task
        def ask(self) -> None:
            """Put one question."""
            question, filters = next(asked)
            page = self.page
            said = page and self.reported(_QUESTION, lambda: page.ask(question, filters))
            if said is not None:
                told.append(said)
            if once:
                self.stop()

        def reported(self, name: str, does: Any) -> Any:
            """What it does returns, counted by locust; None when that goes wrong."""
            began, error, result = time.perf_counter(), None, None
            try:
                result = does()
            except (WentWrong, requests.RequestException) as wrong:
                error = wrong
                problems.append(f"{name}: {wrong}")
            milliseconds = (time.perf_counter() - began) * 1000
            self.environment.events.request.fire(
                request_type="page",
                name=name,
                response_time=milliseconds,
                response_length=0,
                exception=error,
                context={},
            )
            return result

    environment = Environment(user_classes=[Reader])
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    if once:
        runner.greenlet.join(timeout=5)
        while runner.user_count:
            gevent.sleep(0.2)
    else:
        gevent.sleep(seconds)
    runner.stop()
    for problem in itertools.islice(problems, 5):
        print(f"  {problem}")
    return _figures(environment, users, told)


def _figures(environment: Environment, users: int, told: list[Told]) -> dict[str, Any]:
    all_of_them = environment.stats
    answers, pages = all_of_them.get(_QUESTION, "page"), all_of_them.get(_PAGE, "page")
    return {
        "readers": users,
        "questions": answers.num_requests,
        "errors": answers.num_failures + pages.num_failures + _problems(told),
        "answer, median, s": round(answers.median_response_time / 1000, 2),
        "answer, p95, s": round(answers.get_response_time_percentile(0.95) / 1000, 2),
        "answer, slowest, s": round(answers.max_response_time / 1000, 2),
        "page, p95, s": round(pages.get_response_time_percentile(0.95) / 1000, 2),
        "waited": sum(one.held_up for one in told),
        "told how many come first": sum(one.waited for one in told),
    }


def _problems(told: list[Told]) -> int:
    return sum(one.ended == "problem" for one in told)


if __name__ == "__main__":
    main()
