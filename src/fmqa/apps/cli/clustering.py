"""`fmqa workers`: the scheduler and the workers of a cluster that reads and embeds papers."""

from __future__ import annotations

from typing import Annotated

import typer

Host = Annotated[str, typer.Option("--host", help="Address of this machine to listen on.")]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust-network",
        help="Listen without TLS where others than this machine can reach it: whoever does can "
        "run programs here.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    workers = typer.Typer(
        help="A cluster that reads and embeds papers (Dask): its scheduler and its workers.",
        no_args_is_help=True,
    )
    workers.command("scheduler")(scheduler)
    workers.command("start")(start)
    app.add_typer(workers, name="workers")


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
    from fmqa.weights.cpu import usable_threads

    with needs_distributed():
        from fmqa.sync.cluster.connection import address_of, refuse_open_port, security
        from fmqa.sync.cluster.workers import run_workers

    settings = load_settings()
    guard = security(settings)
    refuse_open_port(host, guarded=trust_network or guard is not None)
    target = address_of(address, tls=guard is not None)
    assert Workbench(settings, notify=typer.echo).embedder  # fetched once, not by each worker
    run_workers(target, usable_threads(processes), typer.echo, host=host, security=guard)
