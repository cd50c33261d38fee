"""How well the check of a draft finds faults: sentences of ours over the training papers.

    python -m benchmarks.draft [--library FOLDER] [--sentences FILE]

Four sets of sentences, some with a planted fault:

- *at hand* (60) when the check was made, and *afterwards* (30), which changed nothing then;
- *mended* (60), written from the papers alone; what they showed was mended;
- *kept* (60), written from the papers before that, and looked at only after it.

A fault is another figure, a denial or the opposite, other names, a claim beyond the paper's,
another paper's finding, an invention, a paper that isn't here, or a key that is nobody's. All stand
in a Markdown draft with a bibliography, which is checked as `fmqa check` does. Papers are cited by
keys, whose entries have titles, arXiv ids or DOIs, and by arXiv ids in the text. Another FILE has
rows with `text`, `fault` and `cites`, or `paper`: the name of the paper's PDF, without its ending.
Its figures are printed alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.common import json_rows, options_parser, print_table, shared_data, write_results
from fmqa.apps.workbench import Workbench
from fmqa.proofing.draft import Manuscript
from fmqa.proofing.markdown import read_markdown
from fmqa.proofing.report import Finding, Kind
from fmqa.reading.bibliography.reference_files import read_reference_file
from fmqa.settings import Settings
from fmqa.types import Reference

HERE = Path(__file__).parent
SENTENCES, BIB = HERE / "draft_sentences.jsonl", HERE / "draft.bib"
QUIET = frozenset((Kind.CARRIED, Kind.UNCITED, Kind.NO_CLAIM))


def main() -> None:
    """Check the draft, and print what was found of each fault."""
    parser = options_parser(__doc__)
    parser.add_argument("--library", type=Path, help="data folder that holds the papers already")
    parser.add_argument("--papers", type=Path, help="folder of the papers")
    parser.add_argument("--sentences", type=Path, default=SENTENCES, help="other sentences")
    parser.add_argument("--show", action="store_true", help="show what went wrong")
    asked = parser.parse_args()
    data = shared_data()
    papers = asked.papers or (data.parent / "papers" / "train" if data else None)
    if asked.library is None and (papers is None or not papers.is_dir()):
        print("skipped: no shared/papers/train beside the checkout")
        return
    rows = json_rows(asked.sentences)
    with tempfile.TemporaryDirectory(prefix="fmqa-draft-") as folder:
        bench = Workbench(Settings(home=asked.library or Path(folder), llm="none"))
        if asked.library is None and papers is not None:
            _read(bench, papers)
        began = time.monotonic()
        findings = bench.proofreader.check(manuscript(bench, rows), "draft.md").findings
        seconds = time.monotonic() - began
        bench.close()
    assert len(findings) == len(rows)
    figures: dict[str, Any] = {"seconds": round(seconds, 1)}
    for part in dict.fromkeys(row.get("set", asked.sentences.stem) for row in rows):
        mine = [
            pair
            for pair in zip(rows, findings, strict=True)
            if pair[0].get("set", asked.sentences.stem) == part
        ]
        figures[part] = _figures([row for row, _ in mine], [one for _, one in mine])
        print_table(f"draft, sentences {part}", list(figures[part].items()))
    if asked.show:
        _show(rows, findings)
    if asked.sentences == SENTENCES:
        write_results("draft", figures)


def _read(bench: Workbench, papers: Path) -> None:
    from fmqa.apps.cli.ingesting import pdf_files, read_files

    read_files(bench, pdf_files([papers]), retry=False, workers=2)


def manuscript(bench: Workbench, rows: Sequence[Mapping[str, Any]]) -> Manuscript:
    """The draft that these sentences make, over the papers of a library."""
    draft = read_markdown("\n\n".join(map(_written, rows)))
    works = {item.key: item.work for item in read_reference_file(BIB)}
    named = {row["paper"] for row in rows if "paper" in row}
    for row in bench.library.record.papers():
        stem, paper = Path(row.file).stem, row.meta
        if stem in named:
            works[stem] = Reference(0, paper.title, paper.title, paper.authors, paper.year)
    return replace(draft, works={**works, **draft.works})


def _written(row: Mapping[str, Any]) -> str:
    keys = "; ".join(f"@{key}" for key in row.get("cites", [row.get("paper")]))
    text = row["text"].rstrip(".")
    return f"{text} [{keys}]." if keys else f"{text}."


def _figures(rows: Sequence[dict[str, Any]], findings: Sequence[Finding]) -> dict[str, Any]:
    flagged = [one.kind not in QUIET for one in findings]
    faults = [flag for row, flag in zip(rows, flagged, strict=True) if row["fault"]]
    right = [flag for row, flag in zip(rows, flagged, strict=True) if not row["fault"]]
    of_kind: dict[str, list[bool]] = {}
    for row, flag in zip(rows, flagged, strict=True):
        if row["fault"]:
            of_kind.setdefault(row["fault"], []).append(flag)
    named = [
        row["fault"] == one.kind
        for row, one in zip(rows, findings, strict=True)
        if row["fault"] in set(Kind)
    ]
    return {
        "faults_found": round(sum(faults) / len(faults), 3),
        "right_flagged": round(sum(right) / len(right), 3),
        "kind_told": round(sum(named) / max(1, len(named)), 3),
        **{f"found: {kind}": f"{sum(got)} of {len(got)}" for kind, got in of_kind.items()},
    }


def _show(rows: Sequence[dict[str, Any]], findings: Sequence[Finding]) -> None:
    for row, one in zip(rows, findings, strict=True):
        if bool(row["fault"]) != (one.kind not in QUIET) or row["fault"] not in {"", one.kind}:
            print(f"{row['fault'] or 'right'} -> {one.kind}: {row['text']}")
            print(f"    {one.message} | {one.shown.quote[:200] if one.shown else ''}")


if __name__ == "__main__":
    main()
