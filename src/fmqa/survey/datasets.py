"""Which papers use which data set, each with the sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fmqa.answering.quotes import is_quotable, sentences_of
from fmqa.store.record import Record
from fmqa.types import Hit, PaperMeta, PassageKind, Quote, StoredPassage

# Data sets of the field that a library seldom holds the paper of.
_KNOWN = tuple(
    """ADNI; ACDC; APTOS; BTCV; CAMELYON16; CAMELYON17; CHAOS; ChestX-ray14; CRC-100K; DRIVE;
    EchoNet-Dynamic; ImageNet; ISIC; IU X-Ray; IXI; JSRT; LAION-400M; LAION-5B; LIDC-IDRI; LUNA16;
    Messidor; MIMIC-CXR; MIMIC-III; MIMIC-IV; MoNuSeg; MS-COCO; NLST; OASIS; OpenPath; PanNuke;
    PatchCamelyon; PubMedQA; ROCO; RSNA Pneumonia; SA-1B; Synapse; TCGA; UK Biobank; VQA-RAD;
    PathVQA; SLAKE; Quilt-1M""".replace("\n", " ").split("; ")
)
_USED = re.compile(
    r"\b(?:pre-?)?train|\bfine-?\s?tun|\bevaluat|\btest(?:ed|s|ing)?\b|\bvalidat|\bexperiment"
    r"|\bbenchmark|\bus(?:e[ds]?|ing)\b|\breach|\bachiev|\bapplied\b|\bdrawn from\b"
    r"|\bcomes? from\b",
    re.IGNORECASE,
)
_NOT_USED = re.compile(
    r"\b(?:unlike|larger than|similar to|such as|e\.g\.|compared (?:with|to)|instead of|surpass"
    r"|outperform|better than|than\b|gap\b|breakthrough|tools?\b|networks pre-?trained|not "
    r"(?:use|train|evaluat|test))",
    re.IGNORECASE,
)
_MOST = 3000  # passages that name one data set
_INTRODUCES = "dataset"


def dataset_names(papers: Iterable[PaperMeta]) -> dict[str, str]:
    """The data sets that are looked for, and the paper that introduces each, where it is held."""
    own = {
        meta.name.split(" (")[0]: meta.paper_id
        for meta in papers
        if meta.kind == _INTRODUCES and meta.name and not meta.name.isnumeric()
    }
    return dict.fromkeys(_KNOWN, "") | own


def used_datasets(record: Record, papers: Sequence[PaperMeta]) -> Iterable[tuple[str, Quote]]:
    """Each data set that a paper says to use, once, with the first sentence that says it.

    A sentence says so when it names the set as it is written, behind a verb of use and not behind
    words that set it apart. The paper that introduces a set isn't one that uses it.

    Args:
        record: where the papers are.
        papers: those that count.
    """
    names = dataset_names(papers)
    counted = {meta.paper_id for meta in papers}
    whole = {name: re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])") for name in names}
    for name, introduced_by in names.items():
        words = " ".join(re.findall(r"\w+", name))
        hits = record.lexical([words], _MOST)
        found = record.passages([passage_id for passage_id, _ in hits])
        seen = {introduced_by}
        for stored in sorted(found.values(), key=lambda one: one.id):
            paper = stored.paper.paper_id
            if paper in seen or paper not in counted:
                continue
            quote = _saying(stored, whole[name])
            if quote is not None:
                seen.add(paper)
                yield name, quote


def _saying(stored: StoredPassage, name: re.Pattern[str]) -> Quote | None:
    """The passage's first sentence that says that the set is used."""
    if stored.passage.kind is PassageKind.TABLE or not name.search(stored.passage.text):
        return None
    for quote in sentences_of(Hit(stored, 0.0)):
        named = name.search(quote.text)
        before = quote.text[: named.start()] if named else ""
        said = _USED.search(before) and not _NOT_USED.search(before)
        if said and is_quotable(quote.text):
            return quote
    return None
