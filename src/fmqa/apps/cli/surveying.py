"""`fmqa facets`, `fmqa compare` and `fmqa survey`: what papers are and have, with quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fmqa.apps.cli.options import Home, Json, Llm, Output, deliver, print_json, workbench
from fmqa.errors import NothingToSearch, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fmqa.answering.schema import Comparison
    from fmqa.apps.workbench import Workbench
    from fmqa.store.quoted_facets import Facet, FacetName

app = typer.Typer()
survey_app = typer.Typer(help="The field as a survey tells it.", no_args_is_help=True)
app.add_typer(survey_app, name="survey")

_CHANGES = ("set", "unset", "restore")


TableForm = Literal["text", "json", "csv", "markdown", "latex", "html"]
"""Forms of a comparison."""


@app.command("facets")
def facets(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="PAPER | set PAPER FACET VALUE… | unset PAPER FACET | restore PAPER FACET "
            "| read PAPER…",
            help="A paper by id or model name, alone or behind what to do with it.",
        ),
    ],
    quote: Annotated[str, typer.Option(help="The sentence that shows the value set.")] = "",
    home: Home = None,
    llm: Llm = None,
    as_json: Json = False,
) -> None:
    """What a paper is and has: kind, modality, training, data, …, each with its quote and page.

    `set` corrects a facet for good, `unset` says that the paper doesn't state it, and `restore`
    takes a correction back. `read` has the language model read papers, or `all` of them.
    """
    with workbench(home=home, llm=llm) as bench:
        if what[0] == "read":
            _read(bench, what[1:])
            return
        if what[0] in _CHANGES:
            paper_id = _change(bench, what[0], what[1:], quote)
        elif len(what) == 1:
            paper_id = _paper(bench, what[0]).paper_id
        else:
            raise UsageError(
                f"{what[0]!r} is nothing that can be done.",
                hint="There are set, unset, restore, read.",
            )
        found = bench.facets.facets([paper_id]).get(paper_id, [])
    if as_json:
        print_json([facet_json(one) for one in found])
    else:
        _show_facets(found)


@app.command("compare")
def compare(
    names: Annotated[list[str], typer.Argument(help="Models by name, or papers by arXiv id.")],
    by: Annotated[
        str,
        typer.Option(
            help="Columns: architecture, training, data, tasks, kind, modality, parameters, year, "
            "challenges, solutions."
        ),
    ] = "architecture,training,data,tasks",
    form: Annotated[
        TableForm, typer.Option("--format", help="What to print or write it as.")
    ] = "text",
    output: Output = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Papers side by side, each cell with its quote and page, or "not stated".

    Ends with 2 when a name is nobody's, or that of several papers, which are then listed.
    """
    from fmqa.survey.comparison import FORMS
    from fmqa.survey.comparison import compare as made

    with workbench(home=home) as bench:
        table = made(bench.facets, names, by.split(","))
    if as_json:
        form = "json"
    text = as_text(table) if form == "text" else FORMS[form](table)
    deliver(text, output, f"A table of {len(table.rows)} papers")


@survey_app.command("challenges")
def challenges(output: Output = None, home: Home = None, as_json: Json = False) -> None:
    """Which papers name which challenge, and what they propose, with quotes, as Markdown."""
    from fmqa.survey.challenges import as_markdown, challenge_map

    with workbench(home=home) as bench:
        made = challenge_map(bench.facets)
    if not made.challenges:
        raise NothingToSearch("No paper here names a challenge.")
    text = made.model_dump_json(indent=2) if as_json else as_markdown(made)
    deliver(text, output, f"A map of {len(made.challenges)} challenges")


@survey_app.command("outline")
def outline(
    topic: Annotated[str, typer.Argument(help="Such as “adapting SAM to 3D images”.")],
    output: Output = None,
    llm: Llm = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """The draft of a section on a topic, each sentence checked and cited, as Markdown.

    Ends with 3 when the papers carry none of it.
    """
    from fmqa.survey.outlining import as_markdown
    from fmqa.survey.outlining import outline as made

    with workbench(home=home, llm=llm) as bench:
        draft = made(bench.facets, bench.searcher, bench.remembering, topic, bench.step)
    text = draft.model_dump_json(indent=2) if as_json else as_markdown(draft)
    deliver(text, output, f"A draft of {len(draft.sections)} sections")
    if not draft.sections:
        raise typer.Exit(3)


def as_text(table: Comparison) -> str:
    """The table as wide as the terminal, with the quotes below it by number."""
    from rich.markup import escape
    from rich.table import Table

    from fmqa.apps.cli.rendering import console
    from fmqa.survey.comparison import noted
    from fmqa.survey.escaping import plain

    out = console()
    shown = Table(header_style="bold", show_lines=True, expand=True)
    for head in ("paper", *table.columns):
        shown.add_column(head, overflow="fold")
    notes: list[str] = []
    for row in table.rows:
        cells = []
        for cell in row.cells:
            mark = noted(notes, row, cell, plain)
            value = escape(f"{plain(cell.value)} [{mark}]")
            cells.append(value if mark else f"[dim]{cell.value}[/dim]")
        shown.add_row(f"[bold]{escape(plain(row.paper.shown))}[/bold]", *cells)
    with out.capture() as captured:
        out.print(shown)
        for number, note in enumerate(notes, start=1):
            out.print(escape(f"[{number}] {note}"))
    return captured.get()


def facet_json(facet: Facet) -> dict[str, Any]:
    """A facet as `--json` prints it."""
    return {
        "facet": facet.name.value,
        "value": facet.value,
        "size": facet.size,
        "unit": facet.unit,
        "quote": " ".join(facet.quote.split()),
        "page": facet.span.page,
        "paper_id": facet.paper_id,
        "version": facet.version or None,
        "source": facet.source.value,
        "confidence": facet.confidence,
        "origin": facet.origin.value,
    }


def _paper(bench: Workbench, name: str) -> Any:
    from fmqa.survey.comparison import resolve

    bench.load_starter()
    return resolve(name, [row.meta for row in bench.library.record.papers()])


def _change(bench: Workbench, what: str, words: Sequence[str], quote: str) -> str:
    """Do it, and return the paper's id."""
    from fmqa.survey.facet_maker import correct

    if len(words) < 2 or (what == "set") != (len(words) > 2):
        raise UsageError(
            f"`fmqa facets {what}` takes a paper and a facet"
            + (" and values." if what == "set" else ", and nothing else."),
            hint="For example: fmqa facets set MedSAM training fine-tuning.",
        )
    paper, name = _paper(bench, words[0]), _facet_name(words[1])
    if what == "set":
        correct(bench.facets, paper, name, words[2:], quote)
    elif what == "unset":
        bench.library.facets.correct(paper.paper_id, name, [])
    elif not bench.library.facets.restore(paper.paper_id, name):
        raise UsageError(f"The {name.value} of {words[0]} wasn't corrected.", hint="")
    return str(paper.paper_id)


def _read(bench: Workbench, names: Sequence[str]) -> None:
    """Have the language model read these papers, and say how many were new to it."""
    from fmqa.answering.models import writes
    from fmqa.survey.facet_maker import ModelReader

    if not names:
        raise UsageError("`fmqa facets read` takes papers, or `all`.", hint="")
    papers = None if list(names) == ["all"] else [_paper(bench, n).paper_id for n in names]
    llm = bench.settings.llm
    if not writes(bench.settings):
        raise UsageError(
            f"{llm!r} can't say what a paper is: that takes a strong language model.",
            hint="Name one: --llm openai:gpt-5. The rules' facets are there anyway.",
        )
    reader = ModelReader(bench.language_model, llm)
    count = bench.facets.read_by(reader, papers)
    typer.echo(f"{reader.name} read {count} {'paper' if count == 1 else 'papers'}.")


def _facet_name(text: str) -> FacetName:
    from fmqa.store.quoted_facets import FacetName

    try:
        return FacetName(text.strip().lower())
    except ValueError:
        names = ", ".join(FacetName)
        raise UsageError(f"There is no facet {text!r}.", hint=f"There are {names}.") from None


def _show_facets(found: Sequence[Facet]) -> None:
    from rich.markup import escape

    from fmqa.apps.cli.rendering import console, table
    from fmqa.store.quoted_facets import Origin
    from fmqa.survey.escaping import plain

    heads = ("facet", "value", "sure", "page", "quote")
    listed = table(*heads, folded=heads)
    for one in found:
        sure = "by you" if one.origin is Origin.USER else f"{one.confidence:.2f}"
        sure += " (model)" if one.origin is Origin.MODEL else ""
        cells = (one.name.value, one.value, sure, str(one.span.page), " ".join(one.quote.split()))
        listed.add_row(*(escape(plain(cell)) for cell in cells))
    console().print(listed if found else "Nothing was found that a quote shows.")
