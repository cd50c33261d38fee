"""Whether the verifier lets faithful rewordings pass, and nothing that says something else.

    python -m benchmarks.corruptions [--show faithful:synonyms]

Claims are made at run time from sentences of real papers and of the starter notes: faithful
rewordings (`rewording.py`), and sentences with one thing changed (`altering.py`), half of those
made of a rewording rather than of the sentence itself. Each is verified against five quotes of the
paper, the true one named. This is a regression test: one hand wrote the generators and the rules
that these pairs once measured. How good the check is, others' pairs say
(`benchmarks.entailment`).
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.altering import ALTERATIONS
from benchmarks.common import print_table, shared_data, write_results
from benchmarks.rewording import REWORDINGS
from benchmarks.sentences import SEED, Said, sentences
from fmqa.answering.verification import CheckingVerifier
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.types import (
    PaperMeta,
    PaperStatus,
    Passage,
    PassageKind,
    Quote,
    Source,
    Span,
    StoredPassage,
)

ANOTHERS = "another paper's claim"
PER_KIND, PER_PAPER = 260, 14


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim to be verified: its kind, whether it is faithful, and the sentence it was made of."""

    kind: str
    faithful: bool
    text: str
    said: Said


def main() -> None:
    """Verify all claims and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--show", default="", help="a kind whose misjudged claims are printed")
    parser.add_argument("--sample", type=int, default=0, help="claims of each kind to print")
    options = parser.parse_args()
    data = shared_data()
    if data is None:
        print("skipped: no shared/data beside the checkout, and FMQA_SHARED isn't set")
        return
    claims = make_claims(sentences(data / "pdfs"))
    if options.sample:
        sample(claims, options.sample)
        return
    results = measure(Workbench(Settings(llm="none")).verifier, claims, options.show)
    print_table("generated corruptions", list(results["shares"].items()))
    write_results("corruptions", results)


def make_claims(held: Sequence[Said]) -> list[Claim]:
    """All kinds of claims of a half's sentences, so many of a kind and paper at most."""
    claims = [*_faithful(held), *_altered(held), *_anothers(held)]
    random.Random(SEED).shuffle(claims)
    kinds: Counter[str] = Counter()
    papers: Counter[tuple[str, str]] = Counter()
    chosen = []
    for claim in claims:
        key = claim.kind, claim.said.paper.paper_id
        if kinds[claim.kind] < PER_KIND and papers[key] < PER_PAPER:
            kinds[claim.kind] += 1
            papers[key] += 1
            chosen.append(claim)
    return chosen


def _faithful(held: Sequence[Said]) -> Iterator[Claim]:
    for said in held:
        draw = _draw(said)
        texts = {}
        for kind, reword in REWORDINGS.items():
            text = reword(said.text, draw, said.half)
            if text:
                texts[kind] = text
                yield Claim(kind, True, text, said)
        kinds = draw.sample(sorted(texts), len(texts))
        text = said.text
        done = 0
        for kind in kinds:
            made = REWORDINGS[kind](text, draw, said.half)
            text, done = (made, done + 1) if made else (text, done)
        if done > 1:
            yield Claim(f"{'two' if done == 2 else 'three and more'} rewordings", True, text, said)


def _altered(held: Sequence[Said]) -> Iterator[Claim]:
    for said in held:
        draw = _draw(said)
        for kind, alter in ALTERATIONS.items():
            base = said.text
            if draw.random() < 0.5:
                kinds = sorted(REWORDINGS)
                draw.shuffle(kinds)
                made = (REWORDINGS[name](base, draw, said.half) for name in kinds)
                base = next((text for text in made if text), base)
            text = alter(base, draw)
            if text:
                yield Claim(kind, False, text, said)


def _anothers(held: Sequence[Said]) -> Iterator[Claim]:
    """Of other papers of the same kind: the sentence with most words in common, and any one."""
    words = {said.text: frozenset(said.text.lower().rstrip(".").split()) for said in held}
    for said in held:
        if said.paper.paper_id.startswith("topic:"):
            continue
        draw = _draw(said)
        others = [
            other for other in held
            if other.is_note == said.is_note and other.paper.paper_id != said.paper.paper_id
            and not other.paper.paper_id.startswith("topic:")
        ]  # fmt: skip
        if not others or draw.random() < 0.5:
            continue
        mine = words[said.text]
        nearest = max(others, key=lambda o: len(mine & words[o.text]) / len(words[o.text]))
        yield Claim(ANOTHERS, False, nearest.text, said)
        yield Claim(ANOTHERS, False, draw.choice(others).text, said)


def measure(
    verifier: CheckingVerifier, claims: Sequence[Claim], show: str = "", quotes_each: int = 5
) -> dict[str, Any]:
    """For each kind, the share that is judged rightly: passed when faithful, else caught."""
    right: dict[str, list[bool]] = defaultdict(list)
    for claim in claims:
        quotes = quotes_of(claim.said)[:quotes_each]
        verdict = verifier.verify(claim.text, quotes, 0)
        judged = (verdict.quote is not None) == claim.faithful
        name = f"{'faithful' if claim.faithful else 'caught'}: {claim.kind}"
        right[name].append(judged)
        if show and show in name and not judged:
            by = quotes[verdict.quote].text if verdict.quote else claim.said.text
            print(f"\n{name} ({verdict.reason})\n  quote: {by}\n  claim: {claim.text}")
    faithful = [one for name, held in right.items() if name.startswith("faithful") for one in held]
    caught = [one for name, held in right.items() if name.startswith("caught") for one in held]
    shares = {name: _share(held) for name, held in sorted(right.items())}
    shares |= {"all faithful, passing": _share(faithful), "all corrupted, caught": _share(caught)}
    counts = {name: len(held) for name, held in sorted(right.items())}
    return {"shares": shares, "counts": counts,
            "sentences": len({claim.said.text for claim in claims})}  # fmt: skip


def sample(claims: Sequence[Claim], count: int) -> None:
    """Print some claims of each kind, to be read by a person."""
    by_kind: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_kind[claim.kind].append(claim)
    for kind, held in by_kind.items():
        print(f"\n== {kind}: {len(held)}")
        for claim in held[:count]:
            print(f"  quote: {claim.said.text}\n  claim: {claim.text}\n")


def quotes_of(said: Said) -> list[Quote]:
    """The sentence and others of its paper, as quotes."""
    return [quote_of(text, said.paper) for text in (said.text, *said.rest)]


def quote_of(text: str, paper: PaperMeta) -> Quote:
    """A text as a quote that is its whole passage."""
    span = Span(1, 0, len(text))
    passage = Passage(0, "", PassageKind.BODY, text, (span,))
    stored = StoredPassage(1, paper, Source.PDF, PaperStatus.CURRENT, passage)
    return Quote(text, span, stored)


def _draw(said: Said) -> random.Random:
    return random.Random(f"{SEED}{said.text}")


def _share(held: Sequence[bool]) -> float:
    return round(sum(held) / len(held), 4) if held else float("nan")


if __name__ == "__main__":
    main()
