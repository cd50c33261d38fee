"""What the extractor finds of kind, modality, training and data size, against what is known.

    python -m benchmarks.facets [--fit]

Fifty notes, drawn by a fixed seed, are read with their front matter hidden (title and name too) and
compared with it; the rules and the weights of `kinds.json` were made on the other notes, and
`--fit` prints these weights anew. The 13 PDFs of shared/data are compared with what a person read.
A paper of four or more kinds of images counts as "multi" on both sides, and "text" isn't asked
for. A size is right when the first that is found is one that the front matter has, to the digits
that it gives. Every quote is looked for on its page.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.common import options_parser, print_table, shared_data, write_results
from fmqa.answering.numbers import Number, numbers, same_number
from fmqa.reading.notes import note_document
from fmqa.reading.reader import DefaultPdfReader
from fmqa.reading.sentences import split_sentences
from fmqa.sources.note_files import Note, read_notes, starter_folder
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey.extraction import extract
from fmqa.survey.vocabulary import cue_features
from fmqa.types import Document, Page, PaperMeta, PaperStatus, Source, StoredPassage

TRUTH = json.loads(Path(__file__).with_name("facet_truth.json").read_text(encoding="utf-8"))
SEED, SAMPLE = 20261124, 50
_MULTI = 4
_LEAST_SIZE = 20
_YEARS = range(1950, 2036)


@dataclass
class Score:
    """Right values among those that are known and those that were found."""

    known: int = 0
    found: int = 0
    right: int = 0

    def add(self, known: Iterable[str], found: frozenset[str]) -> None:
        """Count one paper."""
        known = frozenset(known)
        self.known += len(known)
        self.found += len(found)
        self.right += len(known & found)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, over all values."""
        return round(2 * self.right / max(1, self.known + self.found), 3)


@dataclass
class Tally:
    """What was counted over some papers."""

    kind: list[bool] = field(default_factory=list)
    modality: Score = field(default_factory=Score)
    training: Score = field(default_factory=Score)
    size: list[bool] = field(default_factory=list)
    quotes: list[bool] = field(default_factory=list)

    def figures(self) -> dict[str, float | int]:
        """As they are kept."""
        return {
            "kind accuracy": _share(self.kind),
            "modality F1": self.modality.f1,
            "training F1": self.training.f1,
            "data size exact": _share(self.size),
            "papers with a size": len(self.size),
            "quotes on their page": _share(self.quotes),
            "quotes": len(self.quotes),
        }


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--fit", action="store_true", help="print the weights of the kinds anew")
    options = parser.parse_args()
    sample, others = divided()
    if options.fit:
        print(fitted(others))
        return
    results = {"notes": notes_figures(sample)}
    data = shared_data()
    if data is not None:
        tally = Tally()
        for name, truth in TRUTH["pdfs"].items():
            document = DefaultPdfReader().read(data / "pdfs" / name)
            found = extract(passages(document, document.meta))
            tally.kind.append("".join(values(found, FacetName.KIND)) == truth.get("kind", ""))
            tally.modality.add(truth.get("modality", ()), values(found, FacetName.MODALITY))
            tally.training.add(truth.get("training", ()), values(found, FacetName.TRAINING))
            if truth.get("sizes"):
                sizes = [one.size for one in found if one.name is FacetName.DATA and one.size]
                tally.size.append(bool(sizes) and sizes[0] in truth["sizes"])
            tally.quotes += standing(found, document.pages)
        results["PDFs"] = tally.figures()
    for name, figures in results.items():
        print_table(f"Facets of {name} against what is known", list(figures.items()))
    write_results("facets", results)


def divided() -> tuple[list[Note], list[Note]]:
    """The notes on papers: those that are measured on, and the others."""
    held = [note for note in read_notes(starter_folder()) if note.meta.kind != "topic"]
    ids = sorted(note.meta.paper_id for note in held)
    drawn = set(random.Random(SEED).sample(ids, SAMPLE))
    sample = [note for note in held if note.meta.paper_id in drawn]
    return sample, [note for note in held if note.meta.paper_id not in drawn]


def notes_figures(sample: Iterable[Note]) -> dict[str, float | int]:
    """What the extractor makes of notes whose front matter it isn't shown."""
    tally, training = Tally(), TRUTH["training"]
    for note in sample:
        meta = note.meta
        document = note_document(note)
        hidden = PaperMeta(meta.paper_id, meta.version, title="")
        found = extract(passages(document, hidden))
        tally.kind.append(values(found, FacetName.KIND) == {meta.kind})
        tally.modality.add(_modalities(meta.modality), values(found, FacetName.MODALITY))
        if meta.name in training:
            tally.training.add(training[meta.name], values(found, FacetName.TRAINING))
        known = [one for one in numbers(meta.data) if _is_size(one)]
        trains = meta.kind == "dataset" or (meta.kind != "survey" and meta.name in training)
        if known and trains and "no training" not in training.get(meta.name, ()):
            shown = [one for one in found if one.name is FacetName.DATA and one.size]
            tally.size.append(bool(shown) and any(_same(one, shown[0]) for one in known))
        tally.quotes += standing(found, document.pages)
    return tally.figures()


def passages(document: Document, meta: PaperMeta) -> list[StoredPassage]:
    """A document's passages as the record would hold them, under these metadata."""
    source = Source.NOTE if document.reader == "note" else Source.PDF
    return [
        StoredPassage(place, meta, source, PaperStatus.CURRENT, passage)
        for place, passage in enumerate(document.passages)
    ]


def values(found: Iterable[Facet], name: FacetName) -> frozenset[str]:
    """The values of a facet."""
    return frozenset(one.value for one in found if one.name is name)


def standing(found: Iterable[Facet], pages: Sequence[Page]) -> list[bool]:
    """For each facet, whether its quote stands where it says."""
    text = {page.number: page.text for page in pages}
    return [text[one.span.page][one.span.start : one.span.end] == one.quote for one in found]


def fitted(notes: Sequence[Note]) -> str:
    """The weights of `fmqa.survey.vocabulary`, as its JSON holds them."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows, kinds = [], []
    for note in notes:
        sentences = [note.text[start:end] for start, end in split_sentences(note.text)]
        found = cue_features(sentences)
        rows.append([value for pair in found.values() for value in pair])
        kinds.append(note.meta.kind)
    model = LogisticRegression(C=1, max_iter=5000).fit(np.array(rows), kinds)
    weights = np.round(model.coef_, 2).T.tolist()
    named = dict(zip(found, zip(weights[::2], weights[1::2], strict=True), strict=True))
    bias = np.round(model.intercept_, 2).tolist()
    return json.dumps({"kinds": list(model.classes_), "bias": bias, "weights": named})


def _modalities(known: Iterable[str]) -> frozenset[str]:
    found = frozenset(known) - {"text"}
    return frozenset({"multi"}) if len(found - {"natural", "multi"}) >= _MULTI else found


def _is_size(number: Number) -> bool:
    year = number.value in _YEARS and "," not in number.text
    return not number.percent and number.value >= _LEAST_SIZE and not year


def _same(known: Number, found: Facet) -> bool:
    """Whether the front matter's number is the one found, or that one rounded."""
    exact = [one for one in numbers(found.value) if one.value == found.size]
    rounded = Number(known.value, False, known.text, True, (), frozenset(), 0, 0)
    return found.size == known.value or any(same_number(rounded, one) for one in exact)


def _share(held: Sequence[bool]) -> float:
    return round(sum(held) / max(1, len(held)), 3)


if __name__ == "__main__":
    main()
