"""arXiv: what it knows of papers, their PDFs and their HTML.

Feeds are parsed and paged by the ``arxiv`` package; pace, tries and connections are our own
`Transport`'s, which both the API and the PDFs go through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from fmqa.errors import NotServed, SettingsError, SourceRefused, SourceUnreachable, UsageError
from fmqa.files import replacing
from fmqa.sources.arxiv_ids import ArxivId, parse_id
from fmqa.sources.service import Pacer, ServiceAnswer, explanation, is_host_of
from fmqa.sources.transport import Fetched, ServiceClient, Transport, room_is_needed, silent
from fmqa.types import ArxivRecord

if TYPE_CHECKING:
    import arxiv  # type: ignore[import-untyped]

    from fmqa.settings import Settings

PAGE = 100
"""Ids of one request, and results of one page."""

_SLOWEST_ALLOWED = 3.0
_MOST_REFUSED = 5
_LATEXML = b"ltx_document"
_HTML_TRIES = 2  # a paper can be read without
_TOTAL = re.compile(rb"totalResults[^>]*>\s*(\d+)")
_ERROR_ENTRY = re.compile(rb"<id>\s*https?://arxiv\.org/api/errors")

_MATH = re.compile(r"\$[^$]*\$|\\[a-zA-Z]+")
_WORD = re.compile(r"[^\W_]+")
_TITLE_WORDS = 6
_STOP_WORDS = frozenset(
    "a an and andnot are as at be by can for from has have how in into is it its not of on or our "
    "that the their this to towards toward using via we what when where which with without".split()
)

_PAPER = (
    r"(?:paper|article|manuscript|submission|preprint|pre-print|e-?print|work|report|version|"
    r"document)"
)
# "from" a conference is no withdrawal from arXiv.
_NOT_ELSEWHERE = r"(?!\s+from\b(?!\s+(?:the\s+)?arxiv))"
_WITHDRAWN = re.compile(
    rf"\b(?:this|our|arxiv)\s+(?:\w+\s+)?{_PAPER}\s+"
    r"(?:(?:has|have)\s+(?:\w+\s+)?been|is|was|is\s+being)\s+"
    rf"(?:now\s+|temporarily\s+|hereby\s+)?withdrawn\b{_NOT_ELSEWHERE}"
    r"|\bsubmission\s+has\s+been\s+(?:withdrawn|removed)\s+by\s+arxiv\b"
    r"|\b(?:we|i|authors?|submitters?)\s+(?:(?:have|has|hereby|wish\s+to|would\s+like\s+to)\s+)*"
    rf"(?:withdrawn?|withdrew|withdraws)\s+(?:this|our|my)\s+(?:\w+\s+)?{_PAPER}\b"
    rf"{_NOT_ELSEWHERE}",
    re.IGNORECASE,
)
# In a comment, at its start or as a note of its own, it is written in fewer words.
_SHORTLY = re.compile(
    rf"^\W*(?:(?:this|the)\s+)?(?:{_PAPER}\s+)?(?:(?:has\s+been|is|was)\s+)?"
    rf"withdrawn\b{_NOT_ELSEWHERE}"
    rf"|(?:^|[.;:,(]\s*)(?:(?:this|the)\s+)?(?:{_PAPER}\s+)?withdrawn\s+by\s+"
    r"(?:the\s+)?(?:authors?|submitters?|arxiv)\b",
    re.IGNORECASE,
)
# What comes before it may say that another paper is meant.
_OTHER = re.compile(r"replac|supersed|earlier|previous|duplicat", re.IGNORECASE)


class ArxivClient(ServiceClient):
    """The way to arXiv; use it as a context manager, or close it.

    Raises:
        SettingsError: the pace is faster than arXiv allows, or the contact can't be sent.
    """

    def __init__(self, settings: Settings, *, notify: Callable[[str], None] = silent) -> None:
        for url in (settings.arxiv_api_url, settings.arxiv_pdf_url):
            host = _host(url)
            if settings.arxiv_pace < _SLOWEST_ALLOWED and is_host_of(host, "arxiv.org"):
                raise SettingsError(
                    f"FMQA_ARXIV_PACE is {settings.arxiv_pace:g}, and arXiv allows one request "
                    f"in {_SLOWEST_ALLOWED:g} seconds."
                )
        self._settings = settings
        self._notify = notify
        super().__init__(
            settings, Pacer(settings.pace_dir, "arxiv", settings.arxiv_pace), notify=notify
        )

    def records(self, ids: Sequence[ArxivId]) -> list[ArxivRecord]:
        """What arXiv says of these papers, as `iter_records`, in one list."""
        return [record for batch in self.iter_records(ids) for record in batch]

    def iter_records(self, ids: Iterable[ArxivId]) -> Iterator[list[ArxivRecord]]:
        """What arXiv says of these papers, a list for every 100 of them.

        An id without version gets the newest one. Ids that arXiv doesn't know, or calls malformed,
        are left out; records stand in the order of the ids.

        Raises:
            SourceUnreachable: arXiv doesn't answer. Batches that were yielded hold.
            SourceRefused: arXiv calls all the ids malformed.
        """
        refused: dict[ArxivId, SourceRefused] = {}
        some_known = False
        unique = iter(dict.fromkeys(ids))
        while batch := list(islice(unique, PAGE)):
            found = self._known(batch, refused)
            missing = [one for one in batch if one not in found and one not in refused]
            if missing:  # arXiv at times leaves out papers that it has
                found |= self._known(missing, refused)
            some_known = some_known or bool(found)
            yield [found[one] for one in batch if one in found]
        for one, error in refused.items():
            if not some_known:
                raise error
            self._notify(f"{one} is left out: {error}")

    def search(
        self, query: str, *, since: datetime | None = None, limit: int
    ) -> Iterator[list[ArxivRecord]]:
        """The papers that a query finds, newest submission first, in lists of up to 100.

        Args:
            query: in the language of arXiv's API, such as ``cat:cs.CV AND abs:"foundation model"``.
            since: only papers first submitted then or later; UTC when it has no time zone.

        Raises:
            SourceUnreachable: arXiv doesn't answer, or sends empty pages where there are results.
            SourceRefused: arXiv doesn't understand the query.
        """
        import arxiv

        if since is not None:
            moment = since.astimezone(UTC) if since.tzinfo else since
            query = f"({query}) AND submittedDate:[{moment:%Y%m%d%H%M} TO 999912312359]"
        search = arxiv.Search(
            query,
            max_results=limit,
            sort_by=arxiv.SortCriterion.SubmittedDate,
            sort_order=arxiv.SortOrder.Descending,
        )
        seen: set[str] = set()  # a paper that comes in meanwhile moves all others one place on
        results = self._results(search)
        while page := list(islice(results, PAGE)):
            records = [one for one in _records(page) if one.arxiv_id not in seen]
            seen.update(one.arxiv_id for one in records)
            yield records

    def find_title(self, title: str, limit: int = 5) -> list[ArxivRecord]:
        """Papers whose title has the words of ``title``, the most relevant first.

        Raises:
            SourceUnreachable: arXiv doesn't answer.
        """
        import arxiv

        query = title_query(title)
        if not query:
            return []
        try:
            return list(_records(self._results(arxiv.Search(query, max_results=limit))))
        except _EmptyPage:
            return []

    def fetch_pdf(self, paper: ArxivId, folder: Path) -> Fetched:
        """The PDF of one version, at ``<folder>/<id>v<version>.pdf``.

        A version's PDF doesn't change: when it is there already, nothing is asked of arXiv. Its
        HTML is fetched before it, to the same name with ``.html``, where there is one.

        Raises:
            UsageError: ``paper`` is no arXiv id with a version.
            SourceUnreachable: arXiv doesn't answer.
            NotServed: arXiv has no such PDF, or none that can be used.
            DiskFull: there is no room for it.
        """
        if paper.version is None or parse_id(str(paper)) != paper:
            raise UsageError(f"{str(paper)[:100]!r} isn't an arXiv id with a version.")
        target = folder / paper.file_name
        if target.is_file() and target.stat().st_size:
            return Fetched.of(target)
        self._fetch_html(paper, target.with_suffix(".html"))
        url = f"{self._settings.arxiv_pdf_url.rstrip('/')}/{paper}"
        return self._transport.download(url, target, self._settings.fetch_max_mb << 20)

    def _fetch_html(self, paper: ArxivId, target: Path) -> None:
        """A version's HTML, as LaTeXML makes it, to ``target``; most older papers have none.

        Raises:
            DiskFull: there is no room for it.
            StoreError: its folder can't be written to.
        """
        base, _, last = self._settings.arxiv_pdf_url.rstrip("/").rpartition("/")
        if not self._settings.arxiv_html or last != "pdf" or target.exists():
            return
        with suppress(NotServed, SourceRefused, SourceUnreachable):
            answer = self._transport.get(
                f"{base}/html/{paper}",
                whole=lambda body: body.rstrip()[-7:].lower() == b"</html>",
                tries=_HTML_TRIES,
            )
            if _LATEXML not in answer.content:  # a page that says something else
                return
            with room_is_needed(target.parent):
                target.parent.mkdir(parents=True, exist_ok=True)
                with replacing(target) as stream:
                    stream.write(answer.content)

    def _known(
        self, ids: Sequence[ArxivId], refused: dict[ArxivId, SourceRefused]
    ) -> dict[ArxivId, ArxivRecord]:
        """The records of one request; ids that spoil it go to ``refused``."""
        import arxiv

        try:
            search = arxiv.Search(id_list=[str(one) for one in ids], max_results=len(ids))
            return _matched(ids, _records(self._results(search, page=PAGE)))
        except SourceRefused as error:
            if len(ids) == 1:
                refused[ids[0]] = error
                return {}
            if len(refused) >= _MOST_REFUSED:
                raise
            # arXiv names the id; where it doesn't, the halves are asked.
            named = [one for one in ids if str(one) in str(error)]
            half = len(ids) // 2
            groups = (ids[:half], ids[half:])
            if len(named) == 1:
                refused[named[0]] = error
                groups = ([one for one in ids if one != named[0]], [])
        return {k: v for group in groups if group for k, v in self._known(group, refused).items()}

    def _results(
        self, search: arxiv.Search, offset: int = 0, page: int | None = None
    ) -> Iterator[arxiv.Result]:
        """Results of a search, fetched page by page as they are asked for."""
        import arxiv

        if search.max_results is not None and search.max_results < 1:
            return iter(())  # the package takes 0 for "all"
        size = page or min(PAGE, search.max_results or PAGE)
        client = arxiv.Client(page_size=size, delay_seconds=0, num_retries=0)
        client.query_url_format = self._settings.arxiv_api_url + "?{}"
        session: Any = _Session(self._transport)
        client._session = session
        results: Iterator[arxiv.Result] = client.results(search, offset)
        return results


class _EmptyPage(SourceUnreachable):
    """A page without results, twice, where arXiv says that there are some."""


class _Session:
    """What ``arxiv.Client`` needs of a session of requests, over our transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, url: str, headers: dict[str, str]) -> SimpleNamespace:
        """A whole feed; ``headers`` are the package's, and ours say better who asks."""
        answer = self._feed(url)
        asked = parse_qs(urlsplit(url).query)
        # arXiv at times sends an empty page where there are results, and calls their total 0.
        if b"<entry" not in answer.content and "search_query" in asked:
            answer = self._feed(url)
            total = _TOTAL.search(answer.content)
            lacking = total is not None and int(total[1]) > int(asked.get("start", ["0"])[0])
            if lacking and b"<entry" not in answer.content:
                raise _EmptyPage("arXiv sends empty pages, though it has results.")
        return SimpleNamespace(status_code=answer.status, content=answer.content)

    def _feed(self, url: str) -> ServiceAnswer:
        answer = self._transport.get(url, whole=lambda body: body.rstrip().endswith(b"</feed>"))
        if _ERROR_ENTRY.search(answer.content):  # it came with 200 for years
            reason = explanation(answer.content)
            raise SourceRefused(f"arXiv refuses the request: {reason}.")
        return answer


def title_query(title: str) -> str:
    """A query for the papers whose titles have the longest words of ``title``; may be empty.

    Single words, all of which must be there, find a title in spite of hyphens, colons, quotes and
    LaTeX, which a phrase has to meet exactly. Six are enough to name a paper, and the fewer there
    are, the fewer can be spelled otherwise. Only letters and digits of ASCII get into the query:
    a title can't bring in operators, and accents aren't searched alike everywhere.
    """
    plain = _MATH.sub(" ", unicodedata.normalize("NFKC", title)).lower()
    words = dict.fromkeys(_WORD.findall(plain))
    usable = [word for word in words if word.isascii() and word not in _STOP_WORDS]
    chosen = sorted(usable, key=lambda word: -len(word))[:_TITLE_WORDS]
    long = [word for word in usable if word in chosen and (len(word) > 2 or len(usable) < 3)]
    return " AND ".join(f"ti:{word}" for word in long)


def is_withdrawn(comment: str, abstract: str) -> bool:
    """Whether arXiv's comment or abstract says that this very paper is withdrawn."""
    comment, abstract = _clean(comment), _clean(abstract)
    if _WITHDRAWN.search(comment) or _WITHDRAWN.search(abstract):
        return True
    return any(not _OTHER.search(comment[: m.start()]) for m in _SHORTLY.finditer(comment))


def _records(results: Iterable[arxiv.Result]) -> Iterator[ArxivRecord]:
    for result in results:
        paper = parse_id(result.get_short_id())
        if paper is None:
            continue
        comment, abstract = _clean(result.comment), _clean(result.summary)
        yield ArxivRecord(
            arxiv_id=paper.bare,
            version=paper.version or 1,
            title=_clean(result.title),
            authors=tuple(name for author in result.authors if (name := _clean(author.name))),
            abstract=abstract,
            published=_moment(result.published),
            updated=_moment(result.updated),
            categories=tuple(result.categories),
            comment=comment,
            doi=_clean(result.doi),
            withdrawn=is_withdrawn(comment, abstract),
        )


def _matched(ids: Sequence[ArxivId], records: Iterable[ArxivRecord]) -> dict[ArxivId, ArxivRecord]:
    """Which record answers which id: the version asked for, or the newest of those sent."""
    sent: dict[ArxivId, ArxivRecord] = {}
    for record in records:
        sent[ArxivId(record.arxiv_id, record.version)] = record
        newest = sent.get(ArxivId(record.arxiv_id))
        if newest is None or newest.version < record.version:
            sent[ArxivId(record.arxiv_id)] = record
    return {one: sent[one] for one in ids if one in sent}


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        raise SettingsError(f"The address {url!r} of arXiv doesn't hold.") from None


def _clean(text: str | None) -> str:
    return " ".join((text or "").split())


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
