"""`fmqa users`: who may log in to a served library."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fmqa.apps.cli.options import Home, Json
from fmqa.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from fmqa.apps.passwords import Users

Name = Annotated[str, typer.Argument(help="The name to log in with.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    users = typer.Typer(
        help="Who may log in to a served library: add, list, passwd and remove.",
        no_args_is_help=True,
    )
    users.command("add")(add)
    users.command("list")(list_users)
    users.command("passwd")(passwd)
    users.command("remove")(remove)
    app.add_typer(users, name="users")


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


def passwd(name: Name, home: Home = None) -> None:
    """Set another password; who is logged in with the old one no longer is."""
    users = _users(home)
    if name not in users.hashes:
        raise UsageError(f"There is no user {name!r}.", hint=f"`fmqa users add {name}` makes one.")
    users.put(name, _password())
    typer.echo(f"{name} has a new password.")


def remove(name: Name, home: Home = None) -> None:
    """Let somebody in no more, from now on."""
    _users(home).remove(name)
    typer.echo(f"{name} may no longer log in.")


def list_users(home: Home = None, as_json: Json = False) -> None:
    """Who may log in."""
    names = sorted(_users(home).hashes)
    if as_json:
        typer.echo(json.dumps(names))
    elif names:
        typer.echo("\n".join(names))
    else:
        typer.echo("Nobody yet: `fmqa users add NAME`.")


def _users(home: Path | None) -> Users:
    from fmqa.apps.passwords import Users
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
