"""The papers that answers cite, one entry each, with the quotes taken from them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import quote as url_quote

from fmqa.answering.citing import shown_page
from fmqa.answering.schema import Answer, Citation
from fmqa.sources.zotero import item_link, pdf_link
from fmqa.store.item_store import StoredItem
from fmqa.survey.escaping import plain
from fmqa.types import ArxivRecord

_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|II|III|IV", re.I)
_GROUP = re.compile(
    r"\b(?:consortium|collaborations?|group|team|network|initiative|alliance|society|university|"
    r"institute|investigators)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in parts, or a whole one in ``literal`` (a group, a name of one word)."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""

    @property
    def sorted_form(self) -> str:
        """ "van der Maaten, Jr., Laurens", as BibTeX and RIS order the parts."""
        if self.literal:
            return self.literal
        family = f"{self.particle} {self.family}".strip()
        return ", ".join(part for part in (family, self.suffix, self.given) if part)

    @property
    def shown(self) -> str:
        """What a short reference calls him: the family name with its particle."""
        return self.literal or f"{self.particle} {self.family}".strip()


def parse_name(text: str) -> Name:
    """A name as printed, "First von Last Jr." or "von Last, First", in parts.

    The particle is told as BibTeX tells it, by its small letters (B. Beeton's and O. Patashnik's
    rules in "BibTeXing", 1988, section 4).

    >>> parse_name("Laurens van der Maaten").sorted_form
    'van der Maaten, Laurens'
    """
    text = " ".join(text.split())
    head, comma, rest = text.partition(",")
    if comma and rest.strip() and "," not in rest and not _SUFFIX.fullmatch(rest.strip()):
        particle, family = _split_particle(head.split())
        return Name(family, rest.strip(), particle) if family else Name(literal=text)
    words = text.replace(",", " ").split()
    if len(words) < 2 or _GROUP.search(text):
        return Name(literal=text)
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    first = next((at for at in range(1, len(words) - 1) if _small(words[at])), len(words) - 1)
    particle, family = _split_particle(words[first:])
    return Name(family, " ".join(words[:first]), particle, suffix)


def _split_particle(words: list[str]) -> tuple[str, str]:
    end = 0
    while end < len(words) - 1 and _small(words[end]):
        end += 1
    return " ".join(words[:end]), " ".join(words[end:])


def _small(word: str) -> bool:
    return word[:1].islower()


Facts = Mapping[str, ArxivRecord]
"""What arXiv says of papers, by arXiv id, as `store.catalog.Catalog.facts` gives it."""
Items = Mapping[str, StoredItem]
"""The works of the user's reference manager, by paper, as `ItemStore.by_paper` gives them."""
_NO_KEY = re.compile(r"[^\x21-\x7e]|[{}(),\\\"#%~=']")  # what BibTeX takes for something else


@dataclass(frozen=True)
class Work:
    """One paper and its quotes, in the order in which they were cited.

    ``version`` is the newest one that is quoted; None for a note that isn't tied to one. ``item``
    is the paper in the user's reference manager, ``citekey`` its key there, empty where there is
    none.
    """

    paper_id: str
    title: str
    authors: tuple[Name, ...]
    year: int | None
    arxiv_id: str | None
    version: int | None
    quotes: tuple[Citation, ...]
    record: ArxivRecord | None = None
    item: StoredItem | None = None
    citekey: str = ""

    @cached_property
    def key(self) -> str:
        """A citation key that is the paper's own: it is the same in each export, and no other's.

        The reference manager's, or else letters, digits, ``-``, ``.`` and ``_`` of ASCII only.
        """
        return self.citekey or self._made_key()

    def _made_key(self) -> str:
        first = _ascii(self.authors[0].family or self.authors[0].literal) if self.authors else ""
        lead = f"{first.lower()}{self.year or ''}" if first else ""
        return "-".join(part for part in (lead, self._key_of_id()) if part)

    def _key_of_id(self) -> str:
        """The paper's id; where it has other letters, their hash tells it from others."""
        shown = _ascii(self.paper_id, "-._")
        if re.fullmatch(r"[A-Za-z0-9._:/-]+", self.paper_id):
            return shown
        digest = hashlib.sha256(self.paper_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return "-".join(part for part in (shown, digest) if part)

    @property
    def doi(self) -> str:
        """The published article's, where arXiv or the reference manager knows of one."""
        known = self.record.doi if self.record else ""
        return plain(known or (self.item.doi if self.item else ""))

    @property
    def category(self) -> str:
        """arXiv's primary category."""
        return self.record.categories[0] if self.record and self.record.categories else ""

    @property
    def date(self) -> tuple[int, ...]:
        """Year, month and day of the first version as far as known; only the year where the
        record's own differs from arXiv's.
        """
        if self.year is None:
            return ()
        first = re.match(r"(\d{4})-(\d\d)-(\d\d)", self.record.published) if self.record else None
        if first is None or int(first[1]) != self.year:
            return (self.year,)
        return int(first[1]), int(first[2]), int(first[3])

    @property
    def versioned_id(self) -> str:
        """ "2304.12306v3", or nothing."""
        return (
            f"{self.arxiv_id}v{self.version}"
            if self.arxiv_id and self.version
            else (self.arxiv_id or "")
        )

    @property
    def url(self) -> str:
        """The abstract's page of the version that is quoted."""
        return f"https://arxiv.org/abs/{url_quote(self.versioned_id)}" if self.arxiv_id else ""

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages that are quoted, as printed; a note's page is none of the paper's."""
        own = [quote for quote in self.quotes if quote.source == "pdf"]
        parts = [part for quote in own for part in quote.parts]
        pages = {part.page: part.page_label or str(part.page) for part in parts}
        return tuple(pages[page] for page in sorted(pages))

    @property
    def zotero_link(self) -> str:
        """What selects the paper in Zotero; empty where it isn't there."""
        item = self.item
        return item_link(item.key, item.group) if item and item.in_zotero else ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the entry should know, and each quote with where it stands."""
        statuses = {quote.status for quote in self.quotes} - {"current"}
        return (
            *(f"This version is {status}." for status in sorted(statuses)),
            *dict.fromkeys(plain(quote.notice) for quote in self.quotes if quote.notice),
            *([f"In Zotero: {self.zotero_link}"] if self.zotero_link else []),
            *dict.fromkeys(map(self._quoted, self.quotes)),
        )

    def _quoted(self, quote: Citation) -> str:
        link = zotero_page(quote, self.item)
        return f"{locator(quote)}: “{plain(quote.whole)}”" + (f" {link}" if link else "")


def zotero_page(quote: Citation, item: StoredItem | None) -> str:
    """What opens the quote's page in Zotero; empty where that has no PDF of the paper."""
    if item is None or not item.in_zotero or not item.attachment or quote.source != "pdf":
        return ""
    return pdf_link(item.attachment, quote.page, item.group)


def works(
    answers: Sequence[Answer], facts: Facts | None = None, items: Items | None = None
) -> list[Work]:
    """The papers that the answers cite, in the order in which they are first cited."""
    cited: dict[str, list[Citation]] = {}
    for answer in answers:
        for citation in answer.citations:
            cited.setdefault(citation.paper_id, []).append(citation)
    found = [_work(quotes, facts or {}, items or {}) for quotes in cited.values()]
    keys = [work.citekey for work in found]
    # Two reference managers may give one key to two papers.
    return [
        replace(work, citekey="") if work.citekey in keys[:at] else work
        for at, work in enumerate(found)
    ]


def _work(quotes: Sequence[Citation], facts: Facts, items: Items) -> Work:
    item = items.get(quotes[0].paper_id)
    newest = max(quotes, key=lambda quote: quote.version or 0)
    return Work(
        paper_id=newest.paper_id,
        title=plain(newest.title),
        authors=tuple(parse_name(name) for author in newest.authors if (name := plain(author))),
        year=newest.year,
        arxiv_id=newest.arxiv_id,
        version=newest.version,
        quotes=tuple(quotes),
        record=facts.get(newest.arxiv_id or ""),
        item=item,
        citekey=_NO_KEY.sub("", item.citekey) if item else "",
    )


def locator(citation: Citation) -> str:
    """Where a quote stands: "v3, p. 4 (Results)", or that it is of a note and no paper's words."""
    version = f"v{citation.version}" if citation.version else ""
    where = (
        "our note, not the paper's words"
        if citation.source == "note"
        else f"{'pp' if citation.goes_on else 'p'}. {shown_page(citation)}"
    )
    section = f" ({plain(citation.section)})" if plain(citation.section) else ""
    recognized = " [by OCR]" if citation.ocr else ""
    return ", ".join(part for part in (version, where) if part) + section + recognized


def _ascii(text: str, also: str = "") -> str:
    """Its letters and digits without accents; what is in ``also`` stays, the rest becomes "-"."""
    letters = (
        unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    )
    allowed = re.escape(also)
    return re.sub(rf"[^A-Za-z0-9{allowed}]+", "-" if "-" in also else "", letters).strip("-")
