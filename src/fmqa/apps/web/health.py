"""Whether the program lives and can answer, for what watches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fmqa.apps.asgi import Mount
from fmqa.apps.person import person_of
from fmqa.errors import FmqaError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from fmqa.apps.web.readiness import Readiness

_NO_STORE = {"cache-control": "no-store"}


def mount(ready: Readiness, *, guarded: bool) -> Mount:
    """The routes `/healthz` and `/readyz`.

    Args:
        ready: what is being made ready.
        guarded: whether the particulars are only told to those who are logged in.
    """
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    def alive(request: Request) -> Response:
        del request
        return JSONResponse({"status": "ok"}, headers=_NO_STORE)

    def can_answer(request: Request) -> Response:
        state = readiness(ready)
        if guarded and not person_of(request).name:
            state = {"ready": state["ready"]}
        return JSONResponse(state, status_code=200 if state["ready"] else 503, headers=_NO_STORE)

    return Mount((Route("/healthz", alive), Route("/readyz", can_answer)))


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
        "ending": ready.turnstile.closed,
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
