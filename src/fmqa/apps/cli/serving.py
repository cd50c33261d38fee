"""`fmqa serve`, `users`, `mcp` and `workers`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fmqa.apps.cli.options import Home, Json, Llm, print_json, workbench
from fmqa.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from fmqa.apps.web.auth import Users

app = typer.Typer()
users_app = typer.Typer(
    help="Who may log in to a served library: add, list, passwd and remove.",
    no_args_is_help=True,
)
app.add_typer(users_app, name="users")
workers_app = typer.Typer(
    help="A cluster that reads and embeds papers (Dask): its scheduler and its workers.",
    no_args_is_help=True,
)
app.add_typer(workers_app, name="workers")

Name = Annotated[str, typer.Argument(help="The name to log in with.")]


@app.command("serve")
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    host: Annotated[str, typer.Option(help="Interface to listen on.")] = "127.0.0.1",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let others in, without a login.")
    ] = False,
    login: Annotated[
        bool,
        typer.Option("--login", help="Everybody has to log in (see `fmqa users`)."),
    ] = False,
    sync_every: Annotated[
        str | None, typer.Option(help="Sync in the background: 12h, 1d (FMQA_SYNC_EVERY).")
    ] = None,
    home: Home = None,
    llm: Llm = None,
) -> None:
    """Open the chat, on this machine alone unless told otherwise."""
    from fmqa.apps.web.app import serve as serve_app

    with workbench(home=home, llm=llm, sync_every=sync_every) as bench:
        serve_app(bench, port, host, allow_remote=allow_remote, login=login)


@users_app.command("add")
def add(name: Name, home: Home = None) -> None:
    """Let somebody in. The password is asked for, or read from a pipe."""
    users = _users(home)
    if name in users.hashes:
        raise UsageError(
            f"There is a user {name!r} already.",
            hint=f"`fmqa users passwd {name}` sets another password.",
        )
    users.put(name, _password())
    typer.echo(f"{name} may log in. The hash is in {users.path}.")


@users_app.command("passwd")
def passwd(name: Name, home: Home = None) -> None:
    """Set another password; who is logged in with the old one no longer is."""
    users = _users(home)
    if name not in users.hashes:
        raise UsageError(f"There is no user {name!r}.", hint=f"`fmqa users add {name}` makes one.")
    users.put(name, _password())
    typer.echo(f"{name} has a new password.")


@users_app.command("remove")
def remove(name: Name, home: Home = None) -> None:
    """Let somebody in no more, from now on."""
    _users(home).remove(name)
    typer.echo(f"{name} may no longer log in.")


@users_app.command("list")
def list_users(home: Home = None, as_json: Json = False) -> None:
    """Who may log in."""
    names = sorted(_users(home).hashes)
    if as_json:
        print_json(names)
    elif names:
        typer.echo("\n".join(names))
    else:
        typer.echo("Nobody yet: `fmqa users add NAME`.")


def _users(home: Path | None) -> Users:
    from fmqa.apps.web.auth import Users
    from fmqa.settings import load_settings

    return Users(load_settings(home=home).users_path)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    import getpass

    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise UsageError("The two passwords differ.", hint="Nothing was written; try again.")
    return password


@app.command("mcp")
def serve_agents(home: Home = None, llm: Llm = None) -> None:
    """Serve the library to an agent on standard input and output (Model Context Protocol).

    Not to be run by hand: an agent's settings name this command; see docs/mcp.md.
    """
    with workbench(home=home, llm=llm) as bench:
        from fmqa.apps.mcp_tools import make_server
        from fmqa.apps.queries import Queries

        make_server(Queries(bench, lambda: bench.remembering)).run("stdio")


Host = Annotated[str, typer.Option("--host", help="Address of this machine to listen on.")]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust-network",
        help="Listen without TLS where others than this machine can reach it: whoever does can "
        "run programs here.",
    ),
]


@workers_app.command("scheduler")
def scheduler(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where tasks come in.")] = 8786,
    health_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where /health answers by HTTP.")
    ] = 8787,
    trust_network: Trust = False,
) -> None:
    """Run a scheduler, which hands papers to workers, until it is told to end."""
    from fmqa.settings import load_settings
    from fmqa.sync.cluster.connection import needs_distributed

    with needs_distributed():
        from fmqa.sync.cluster.connection import refuse_open_port, security
        from fmqa.sync.cluster.workers import run_scheduler

    guard = security(load_settings())
    refuse_open_port(host, guarded=trust_network or guard is not None)
    run_scheduler(host, port, health_port, guard, typer.echo)


@workers_app.command("start")
def start(
    address: Annotated[
        str, typer.Option("--scheduler", metavar="ADDRESS", help="The scheduler's address.")
    ],
    processes: Annotated[
        int,
        typer.Option(min=0, max=256, help="Workers, each of which uses one core; 0: all cores."),
    ] = 0,
    host: Host = "127.0.0.1",
    trust_network: Trust = False,
) -> None:
    """Run workers of a scheduler until they are told to end.

    A worker that dies is replaced. When the scheduler goes, it is waited for.
    """
    from fmqa.apps.workbench import Workbench
    from fmqa.settings import load_settings
    from fmqa.sync.cluster.connection import needs_distributed
    from fmqa.weights.runtimes import usable_threads

    with needs_distributed():
        from fmqa.sync.cluster.connection import address_of, refuse_open_port, security
        from fmqa.sync.cluster.workers import run_workers

    settings = load_settings()
    guard = security(settings)
    refuse_open_port(host, guarded=trust_network or guard is not None)
    target = address_of(address, tls=guard is not None)
    assert Workbench(settings, notify=typer.echo).embedder  # fetched once, not by each worker
    run_workers(target, usable_threads(processes), typer.echo, host=host, security=guard)
