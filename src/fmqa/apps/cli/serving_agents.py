"""`fmqa mcp`."""

from __future__ import annotations

import typer

from fmqa.apps.cli.options import Home, Llm, workbench


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("mcp")(serve_agents)


def serve_agents(home: Home = None, llm: Llm = None) -> None:
    """Serve the library to an agent on standard input and output (Model Context Protocol).

    Not to be run by hand: an agent's settings name this command; see docs/mcp.md.
    """
    with workbench(home=home, llm=llm) as bench:
        from fmqa.apps.agents.server import make_server
        from fmqa.apps.queries import Queries

        make_server(Queries(bench, lambda: bench.remembering)).run("stdio")
