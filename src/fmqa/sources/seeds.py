"""What the library is grown from: seed papers, followed papers and saved queries."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pydantic
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from fmqa.errors import UsageError
from fmqa.settings import checkout_root
from fmqa.sources.arxiv_ids import ArxivId, parse_id

_MOST_RESULTS = 2000
_LONGEST_QUERY = 1000
# Of what users get wrong most, where the library speaks of Python.
_WORDS = {
    "unexpected_keyword_argument": "leave it out, there is no such name here",
    "missing": "it must be there",
    "list_type": "it must be a list; each table of one stands under a line [[…]]",
    "dataclass_type": "give a table",
}


def _arxiv_id(value: Any) -> ArxivId:
    found = parse_id(value) if isinstance(value, str) else value
    if not isinstance(found, ArxivId):
        raise ValueError('give an arXiv id in quotes, such as "2304.12306"')  # noqa: TRY004
    return found


def _category(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z-]+(?:\.[A-Za-z-]{2,})?", value):
        raise ValueError('give categories of arXiv, such as ["cs.CV", "eess.IV"]')
    return value


_Category = Annotated[str, BeforeValidator(_category)]
_Query = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST_QUERY),
    AfterValidator(lambda text: " ".join(text.split())),
]
_FORM = ConfigDict(extra="forbid")


@pydantic.dataclasses.dataclass(frozen=True, slots=True, config=_FORM)
class Seed:
    """A paper that is fetched and kept current, with the papers it cites where so wished."""

    arxiv_id: Annotated[ArxivId, BeforeValidator(_arxiv_id)]
    title: str = ""
    follow_references: pydantic.StrictBool = False


@pydantic.dataclasses.dataclass(frozen=True, slots=True, config=_FORM)
class SavedQuery:
    """A query in the language of arXiv's API, and how many of its newest papers are taken."""

    query: _Query
    limit: Annotated[int, Field(strict=True, ge=1, le=_MOST_RESULTS)]


@pydantic.dataclasses.dataclass(frozen=True, slots=True, config=_FORM)
class _File:
    """A seeds file as it is written."""

    seed: list[Seed] = Field(default_factory=list)
    follow: list[Seed] = Field(default_factory=list)
    query: list[SavedQuery] = Field(default_factory=list)
    categories: list[_Category] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Seeds:
    """All of a seeds file. ``categories`` are the only ones that queries may find, empty for all.

    ``queries`` are as written; `restricted` gives them with the categories.
    """

    papers: tuple[Seed, ...] = ()
    queries: tuple[SavedQuery, ...] = ()
    categories: tuple[str, ...] = ()

    def restricted(self, query: SavedQuery) -> str:
        """The text of ``query`` that finds only papers of the categories."""
        if not self.categories:
            return query.query
        categories = " OR ".join(f"cat:{name}" for name in self.categories)
        return f"({query.query}) AND ({categories})"


def seeds_path(home: Path | None = None) -> Path:
    """The data folder's own ``corpus/seeds.toml``, else the checkout's, else the package's."""
    own = home / "corpus" / "seeds.toml" if home is not None else None
    if own is not None and own.is_file():
        return own
    root = checkout_root()
    if root is not None:
        return root / "corpus" / "seeds.toml"
    return Path(__file__).resolve().parents[1] / "starter" / "seeds.toml"


def read_seeds(path: Path) -> Seeds:
    """The seeds of one file.

    Raises:
        UsageError: it can't be read, or a field doesn't hold; the message names file and field.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise UsageError(
            f"{path.name} is no valid TOML: {str(error).rstrip('.')}.", hint=_hint(path)
        ) from error
    try:
        file = pydantic.TypeAdapter(_File).validate_python(tables)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = " ".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
        why = _WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{path.name}: {place} doesn't hold: {why}.", hint=_hint(path)) from error
    papers = (*file.seed, *file.follow)
    for bare, times in Counter(paper.arxiv_id.bare for paper in papers).items():
        if times > 1:
            raise UsageError(f"{path.name}: {bare} is there twice.", hint=_hint(path))
    return Seeds(papers, tuple(file.query), tuple(file.categories))


def _hint(path: Path) -> str:
    return f"{path} is the file; its comments say what each part does."
