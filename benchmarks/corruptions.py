"""Whether the verifier lets faithful rewordings pass, and nothing that says something else.

    python -m benchmarks.corruptions [--show faithful:synonyms] [--half fit] [--local 60]

Claims are made at run time from sentences of real papers and of the starter notes: faithful
rewordings (`rewording.py`), and sentences with one thing changed (`altering.py`), half of those
made of a rewording rather than of the sentence itself. Each is verified against five quotes of the
paper, the true one named. Papers are split in two halves; thresholds and rules are fitted on `fit`,
and `test` counts. Neither generator shares code or word lists with the verifier. With `--local`
the local model rewords some, too: kept in `.cache`, and not sure to be faithful, so only shown.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.altering import ALTERATIONS
from benchmarks.common import print_table, shared_data, write_results
from benchmarks.home import CACHE
from benchmarks.rewording import REWORDINGS
from benchmarks.sentences import SEED, Said, sentences
from fmqa.answering.drafters import local_drafter
from fmqa.answering.verification import PARTS, RuleVerifier
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.store.embedding import make_embedder
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
    parser.add_argument("--half", choices=("fit", "test"))
    parser.add_argument("--show", default="", help="a kind whose misjudged claims are printed")
    parser.add_argument("--sample", type=int, default=0, help="claims of each kind to print")
    parser.add_argument("--local", type=int, default=0, help="sentences for the local model")
    parser.add_argument("--no-ablation", action="store_true")
    options = parser.parse_args()
    data = shared_data()
    if data is None:
        print("skipped: no shared/data beside the checkout, and FMQA_SHARED isn't set")
        return
    closeness = cached_closeness()
    held = sentences(data / "pdfs")
    results: dict[str, Any] = {}
    for half in (options.half,) if options.half else ("fit", "test"):
        claims = make_claims([said for said in held if said.half == half])
        if options.local:
            claims = written([said for said in held if said.half == half], options.local)
        if options.sample:
            sample(claims, options.sample)
            continue
        verifier = RuleVerifier(closeness)
        results[half] = measure(verifier, claims, options.show)
        print_table(f"corruptions, {half}", list(results[half]["shares"].items()))
        if half == "test" and not options.no_ablation:
            results["ablation (test)"] = ablation(closeness, claims)
    if options.half is None and not (options.sample or options.local):
        results["speed"] = speed(held)
        print_table("speed", list(results["speed"].items()))
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


def written(held: Sequence[Said], count: int) -> list[Claim]:
    """What the local model writes of some sentences, asked as the product asks it.

    Kept in a file, for it takes seconds each. Nobody vouches that they are faithful.
    """
    kept = CACHE / "rewordings-local.json"
    texts: dict[str, str] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    chosen = random.Random(SEED).sample([said for said in held if not said.is_note], count)
    missing = [said for said in chosen if said.text not in texts]
    if missing:
        settings = Settings(llm="local")
        bench = Workbench(settings)
        try:
            drafter = local_drafter(settings, bench.server)
            quotes = [quote_of(said.text, said.paper) for said in missing]
            for said, draft in zip(missing, drafter.drafts("", quotes), strict=True):
                texts[said.text] = draft.text
        finally:
            bench.close()
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(texts, indent=1), encoding="utf-8")
    return [Claim("local model", True, texts[said.text], said) for said in chosen]


def measure(
    verifier: RuleVerifier, claims: Sequence[Claim], show: str = "", quotes_each: int = 5
) -> dict[str, Any]:
    """For each kind, the share that is judged rightly: passed when faithful, else caught."""
    right: dict[str, list[bool]] = defaultdict(list)
    for claim in claims:
        quotes = quotes_of(claim.said)[:quotes_each]
        verdict = verifier.verify(claim.text, quotes, 0)
        judged = verdict.supported == claim.faithful
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


def ablation(closeness: Callable[[str, str], float], claims: Sequence[Claim]) -> dict[str, Any]:
    """Each part alone, and all without it: what is caught, and what faithful claims pass.

    Against the true quote only: four others let pass whatever a lone part doesn't look at.
    """
    figures: dict[str, Any] = {}
    for part in PARTS:
        if part == "lent":
            continue  # it needs a question
        for name, parts in ((f"{part} alone", [part]),
                            (f"without {part}", [p for p in PARTS if p != part])):  # fmt: skip
            verifier = RuleVerifier(closeness, parts=parts)
            shares = measure(verifier, claims, quotes_each=1)["shares"]
            figures[name] = shares
    rows = [
        (name, f"caught {s['all corrupted, caught']:.3f}  pass {s['all faithful, passing']:.3f}")
        for name, s in figures.items()
    ]
    print_table("ablation, test half", rows)
    return figures


def speed(held: Sequence[Said], count: int = 60) -> dict[str, float]:
    """Milliseconds to verify one sentence against five quotes, warm, the embedding within."""
    embedder = make_embedder(Settings())

    def closeness(one: str, other: str) -> float:
        vectors = embedder.embed_array([one, other])
        return float(vectors[0] @ vectors[1])

    verifier = RuleVerifier(closeness)
    chosen = random.Random(SEED).sample(list(held), count)
    times = []
    for said in chosen:
        quotes = quotes_of(said)
        claim = REWORDINGS["synonyms"](said.text, _draw(said), said.half) or said.text
        began = time.perf_counter()
        verifier.verify(claim, quotes, 0)
        times.append((time.perf_counter() - began) * 1000)
    times = sorted(times[5:])
    return {"p50, ms": round(times[len(times) // 2], 1),
            "p95, ms": round(times[int(len(times) * 0.95)], 1)}  # fmt: skip


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


def cached_closeness() -> Callable[[str, str], float]:
    """The product's closeness, each sentence embedded once."""
    embedder = make_embedder(Settings())
    held: dict[str, Any] = {}

    def closeness(one: str, other: str) -> float:
        for text in (one, other):
            if text not in held:
                held[text] = embedder.embed_array([text])[0]
        return float(held[one] @ held[other])

    return closeness


def _draw(said: Said) -> random.Random:
    return random.Random(f"{SEED}{said.text}")


def _share(held: Sequence[bool]) -> float:
    return round(sum(held) / len(held), 4) if held else float("nan")


if __name__ == "__main__":
    main()
