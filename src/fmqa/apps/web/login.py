"""The page to log in on, and what it sends; Gradio's own clients send the same."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from fmqa.apps.asgi import Mount
from fmqa.apps.web.auth import LOGIN_SECONDS, Logins, TooManyFailures
from fmqa.apps.web.gate import LOGIN_COOKIE, cookie, too_many_failures, wants_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Log in – fmqa</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 ui-sans-serif, system-ui, sans-serif; }}
main {{ max-width: 20rem; margin: 15vh auto 0; padding: 0 1rem; }}
label {{ display: block; margin-top: 1rem; }}
input, button {{ box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; }}
button {{ margin-top: 1.5rem; border: 0; border-radius: .4rem; color: #fff; background: #0f766e; }}
[role=alert] {{ padding: .6rem; border-left: .25rem solid #b91c1c; }}
</style></head><body><main>
<h1>Ask the papers</h1>{problem}
<form method="post" action="/login">
<input type="hidden" name="next" value="{next}">
<label>Name <input name="username" autocomplete="username" required autofocus></label>
<label>Password
<input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form></main></body></html>"""
_WRONG = "Name or password is wrong."


def mount(logins: Logins) -> Mount:
    """The routes `/login` and `/logout`."""
    from starlette.responses import JSONResponse, RedirectResponse
    from starlette.routing import Route

    def show(request: Request) -> Response:
        return _page(_inside(request.query_params.get("next", "/")))

    async def log_in(request: Request) -> Response:
        import anyio.to_thread

        form = parse_qs((await request.body()).decode(errors="replace"))
        name, password, there = (
            form.get(field, [""])[0] for field in ("username", "password", "next")
        )
        address = request.client.host if request.client else ""
        try:
            token = await anyio.to_thread.run_sync(logins.log_in, name.strip(), password, address)
        except TooManyFailures as error:
            return too_many_failures(request, error)
        if token is None:
            if wants_page(request):
                return _page(_inside(there), _WRONG, 401)
            return JSONResponse({"error": _WRONG, "detail": _WRONG}, status_code=401)
        answer: Response
        if wants_page(request):
            answer = RedirectResponse(_inside(there), status_code=303)
        else:
            answer = JSONResponse({"success": True})
        answer.raw_headers.append(
            (b"set-cookie", cookie(request, LOGIN_COOKIE, token, LOGIN_SECONDS))
        )
        return answer

    def log_out(request: Request) -> Response:
        logins.log_out(request.cookies.get(LOGIN_COOKIE, ""))
        answer = RedirectResponse("/login", status_code=303)
        answer.raw_headers.append((b"set-cookie", cookie(request, LOGIN_COOKIE, "", 0)))
        return answer

    return Mount(
        (
            Route("/login", show, methods=["GET"]),
            Route("/login", log_in, methods=["POST"]),
            Route("/login/", log_in, methods=["POST"]),
            Route("/logout", log_out, methods=["GET", "POST"]),
        )
    )


def _page(there: str, problem: str = "", status: int = 200) -> Response:
    from starlette.responses import HTMLResponse

    said = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    text = _PAGE.format(problem=said, next=html.escape(there, quote=True))
    return HTMLResponse(text, status_code=status, headers={"cache-control": "no-store"})


def _inside(there: str) -> str:
    """Where to go on, when that is a page of ours; another site's address leads to the first."""
    parts = urlsplit(there)
    ours = there.startswith("/") and not there.startswith(("//", "/\\"))
    if not ours or parts.scheme or parts.netloc or any(ord(c) < 0x21 for c in there):
        return "/"
    return there
