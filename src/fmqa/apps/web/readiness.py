"""Whether the server can answer: its models made ready in the background, and what watches it.

`/healthz` and `/readyz` say how it is, `/metrics` has counts for Prometheus.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any, TypeVar

from fmqa.answering.assistant import Asked, Event, Finished
from fmqa.apps.admission_queue import AdmissionQueue
from fmqa.apps.asgi import Mount, person_of
from fmqa.errors import FmqaError

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from starlette.requests import Request
    from starlette.responses import Response

    from fmqa.answering.conversation import Exchange
    from fmqa.answering.schema import Answer
    from fmqa.apps.workbench import Workbench
    from fmqa.types import Filters

_NO_STORE = {"cache-control": "no-store"}
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The figures of one server, in a registry of its own.

    Args:
        bench: whose library is counted, each time that somebody looks.
        queue: the questions that are being answered or wait.
    """

    def __init__(self, bench: Workbench, queue: AdmissionQueue) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry = CollectorRegistry()
        self.questions = Counter(
            "fmqa_questions",
            "Questions by how they ended: answered, abstained, refused, failed, stopped.",
            ["outcome"],
            registry=self.registry,
        )
        self.withheld = Counter(
            "fmqa_sentences_withheld",
            "Sentences that were drafted and not said.",
            registry=self.registry,
        )
        self.cache = Counter(
            "fmqa_answers_kept",
            "Answers by whether they were kept from before or are new.",
            ["answer"],
            registry=self.registry,
        )
        self.retrieval, self.first_sentence, self.total = (
            Histogram(name, told, buckets=_SECONDS, registry=self.registry)
            for name, told in (
                ("fmqa_retrieval_seconds", "Until the passages were found."),
                ("fmqa_first_sentence_seconds", "Until the first checked sentence."),
                ("fmqa_answer_seconds", "Until the answer was whole."),
            )
        )
        self.registry.register(_State(bench, queue))

    def finished(self, answer: Answer) -> None:
        """Count an answer's sentences, and its times unless it was kept from before."""
        times = answer.timings_ms
        kept = not times.retrieval  # nothing was searched for
        self.cache.labels("kept" if kept else "new").inc()
        if kept:
            return
        self.withheld.inc(len(answer.withheld))
        self.retrieval.observe(times.retrieval / 1000)
        if times.first_sentence:
            self.first_sentence.observe(times.first_sentence / 1000)
        self.total.observe(times.total / 1000)


class Measured(Asked):
    """An assistant whose answers are counted.

    Args:
        inner: what answers.
        metrics: where they are counted.
    """

    def __init__(self, inner: Asked, metrics: Metrics) -> None:
        self.inner = inner
        self.metrics = metrics

    def stream(
        self,
        question: str,
        filters: Filters | None = None,
        history: Sequence[Exchange] = (),
    ) -> Iterator[Event]:
        """The answer as it comes about; the last event is `Finished`."""
        return self._counted(self.inner.stream(question, filters, history=history))

    def anew(
        self,
        question: str,
        filters: Filters | None = None,
        history: Sequence[Exchange] = (),
    ) -> Iterator[Event]:
        """The same, not from memory."""
        return self._counted(self.inner.anew(question, filters, history=history))

    def _counted(self, events: Iterator[Event]) -> Iterator[Event]:
        outcome = "stopped"  # unless it comes to an end: whoever asked has gone
        try:
            for event in events:
                if isinstance(event, Finished):
                    outcome = event.answer.status
                    self.metrics.finished(event.answer)
                yield event
        except Exception:
            outcome = "failed"
            raise
        finally:
            self.metrics.questions.labels(outcome).inc()


class _State:
    """What is counted at the moment that somebody looks: the line and the library."""

    def __init__(self, bench: Workbench, queue: AdmissionQueue) -> None:
        self.bench = bench
        self.queue = queue

    def collect(self) -> Iterable[Metric]:
        """The figures; those of a library that can't be read are left out."""
        from prometheus_client.core import GaugeMetricFamily

        answering, waiting = self.queue.lengths
        gauges = [
            ("fmqa_questions_answering", "Questions that are being answered.", answering),
            ("fmqa_questions_waiting", "Questions that wait for their turn.", waiting),
        ]
        try:
            record = self.bench.library.record
            gauges += [
                ("fmqa_library_papers", "Papers in the library.", record.count_papers()),
                ("fmqa_library_passages", "Passages searched.", len(record.active_ids())),
                ("fmqa_library_generation", "Counts the library's changes.", record.generation),
            ]
        except FmqaError:
            pass
        return [GaugeMetricFamily(name, told, value=value) for name, told, value in gauges]

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that nothing is looked at before somebody asks."""
        return []


def mount(ready: Readiness, *, guarded: bool) -> Mount:
    """The routes `/healthz`, `/readyz` and `/metrics`.

    Args:
        ready: what is being made ready.
        guarded: whether the particulars are only told to those who are logged in.
    """
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
    from starlette.responses import JSONResponse
    from starlette.responses import Response as Plain
    from starlette.routing import Route

    def alive(request: Request) -> Response:
        del request
        return JSONResponse({"status": "ok"}, headers=_NO_STORE)

    def can_answer(request: Request) -> Response:
        state = readiness(ready)
        if guarded and not person_of(request).name:
            state = {"ready": state["ready"]}
        return JSONResponse(state, status_code=200 if state["ready"] else 503, headers=_NO_STORE)

    def metrics(request: Request) -> Response:
        del request
        figures = generate_latest(ready.metrics.registry)
        return Plain(figures, headers={"content-type": CONTENT_TYPE_LATEST})

    return Mount(
        (Route("/healthz", alive), Route("/readyz", can_answer), Route("/metrics", metrics))
    )


def readiness(ready: Readiness) -> dict[str, Any]:
    """Whether questions can be answered now: the models, the library and its index.

    Returns:
        ``ready``; ``models`` ("ok", "loading", "failed"), ``library`` ("ok", "empty", "failed"),
        ``index`` ("ok", "unknown" before the models are, "failed"), ``ending``; what is being
        ``doing`` and the ``problem``, in words; ``papers`` and ``passages`` where they are known.
    """
    state: dict[str, Any] = {
        "ready": False,
        "models": ready.models,
        "library": "failed",
        "index": "unknown",
        "ending": ready.admission.closed,
        "doing": ready.status if ready.models == "loading" else "",
        "problem": ready.problem,
    }
    try:
        bench = ready.bench
        state["papers"] = bench.library.record.count_papers()
        state["library"] = "ok" if state["papers"] else "empty"
        if ready.models == "ok":
            state["passages"] = len(bench.library.index(bench.embedder.fingerprint))
            state["index"] = "ok"
    except FmqaError as error:
        state["index" if state["library"] == "ok" else "library"] = "failed"
        state["problem"] = f"{error} {error.hint}".strip()
    parts = (state["models"], state["library"], state["index"])
    state["ready"] = parts == ("ok", "ok", "ok") and not state["ending"]
    return state


T = TypeVar("T")


def in_thread(work: Callable[[], T], name: str) -> Future[T]:
    """What the work comes to, in a thread that dies with the program."""
    made: Future[T] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            made.set_exception(error)
        else:
            made.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return made


_POLL_SECONDS = 0.25
_SETTLE_SECONDS = 5.0
_MIB = 1 << 20


class Readiness:
    """The workbench's assistant, made once for all sessions by a thread of its own.

    Holds no conversation. ``admission`` is what all who want an answer have to pass, and
    ``metrics`` where the answers of `assistant` are counted. What the making says of its progress
    still reaches the workbench's own `step` (a bar on the terminal), and is kept as one line for
    the pages that wait.
    """

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self._guard = threading.Lock()
        self._made: Future[Measured] | None = None
        self._tell = bench.step
        self.status = ""
        settings = bench.settings
        self.admission = AdmissionQueue(
            settings.questions_at_once, settings.questions_waiting, settings.questions_per_person
        )
        self.metrics = Metrics(bench, self.admission)
        self.max_question_chars = settings.max_question_chars
        bench.step = self._step

    def start(self) -> Future[Measured]:
        """Start the making unless it runs or is done; after a failure, anew."""
        with self._guard:
            if self._made is None or (self._made.done() and self._made.exception()):
                self._made = in_thread(self._make, "make-ready")
            return self._made

    def until(self, made: Future[Measured]) -> Iterator[str]:
        """What is being done, each time that it changes, until the making has ended."""
        said = None
        while not made.done():
            status = self.status or "Getting the library ready"
            if status != said:
                said = status
                yield status
            time.sleep(_POLL_SECONDS)

    @property
    def assistant(self) -> Measured:
        """What answers questions, once it is ready.

        Raises:
            FmqaError: it can't be made ready, and why.
        """
        return self.start().result()

    @property
    def models(self) -> str:
        """How far the making is: "loading", "ok" or "failed"."""
        made = self._made
        if made is None or not made.done():
            return "loading"
        return "failed" if made.exception() else "ok"

    @property
    def problem(self) -> str:
        """Why the making has failed, in words; empty when it hasn't."""
        made = self._made
        error = made.exception() if made is not None and made.done() else None
        if isinstance(error, FmqaError):
            return f"{error} {error.hint}".strip()
        return "Something went wrong in the program itself." if error else ""

    def settle(self) -> None:
        """Give the making a moment to end: native code doesn't like to be left in the middle."""
        if self._made is not None:
            wait([self._made], timeout=_SETTLE_SECONDS)

    def _make(self) -> Measured:
        return Measured(self.bench.prepared, self.metrics)

    def _step(self, label: str, done: int, total: int) -> None:
        self.status = f"{label}: {amount(done, total, ' of ')}" if total > 1 else label
        self._tell(label, done, total)


def amount(done: int, total: int, between: str) -> str:
    """How far a step is, in MiB where it counts bytes."""
    if total > _MIB:
        return f"{done // _MIB:,}{between}{total // _MIB:,} MiB"
    return f"{done:,}{between}{total:,}"
