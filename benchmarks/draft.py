"""How well the check of a draft finds faults: sentences of ours over the training papers.

    python -m benchmarks.draft [--library FOLDER]

Four sets of sentences, some with a planted fault:

- *at hand* (60) when the check was made, and *afterwards* (30), which changed nothing then;
- *mended* (60), written from the papers alone; what they showed was mended;
- *kept* (60), written from the papers before that, and looked at only after it.

A fault is another figure, a denial or the opposite, other names, a claim beyond the paper's,
another paper's finding, an invention, a paper that isn't here, or a key that is nobody's. All stand
in a Markdown draft with a bibliography, which is checked as `fmqa check` does. Papers are cited by
keys, whose entries have titles, arXiv ids or DOIs, and by arXiv ids in the text.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import json_rows, options_parser, print_table, shared_data, write_results
from fmqa.apps.workbench import Workbench
from fmqa.proofing.reading import read_draft
from fmqa.proofing.report import Finding, Kind
from fmqa.settings import Settings

HERE = Path(__file__).parent
SENTENCES, BIB = HERE / "draft_sentences.jsonl", HERE / "draft.bib"
QUIET = frozenset((Kind.CARRIED, Kind.UNCITED, Kind.NO_CLAIM))


def main() -> None:
    """Check the draft, and print what was found of each fault."""
    parser = options_parser(__doc__)
    parser.add_argument("--library", type=Path, help="data folder that holds the papers already")
    parser.add_argument("--papers", type=Path, help="folder of the papers")
    parser.add_argument("--show", action="store_true", help="show what went wrong")
    asked = parser.parse_args()
    data = shared_data()
    papers = asked.papers or (data.parent / "papers" / "train" if data else None)
    if asked.library is None and (papers is None or not papers.is_dir()):
        print("skipped: no shared/papers/train beside the checkout")
        return
    rows = json_rows(SENTENCES)
    with tempfile.TemporaryDirectory(prefix="fmqa-draft-") as folder:
        bench = Workbench(Settings(home=asked.library or Path(folder), llm="none"))
        if asked.library is None and papers is not None:
            _read(bench, papers)
        began = time.monotonic()
        findings = _checked(bench, rows, Path(folder))
        seconds = time.monotonic() - began
        bench.close()
    figures: dict[str, Any] = {"seconds": round(seconds, 1)}
    for part in ("at hand", "afterwards", "mended", "kept"):
        mine = [pair for pair in zip(rows, findings, strict=True) if pair[0]["set"] == part]
        figures[part] = _figures([row for row, _ in mine], [one for _, one in mine])
        print_table(f"draft, sentences {part}", list(figures[part].items()))
    if asked.show:
        _show(rows, findings)
    write_results("draft", figures)


def _read(bench: Workbench, papers: Path) -> None:
    from fmqa.apps.cli.ingesting import pdf_files, read_files

    read_files(bench, pdf_files([papers]), retry=False, workers=2)


def _checked(bench: Workbench, rows: Sequence[dict[str, Any]], folder: Path) -> list[Finding]:
    path = folder / "draft.md"
    path.write_text(
        "\n\n".join(
            row["text"]
            + (f" [{'; '.join('@' + key for key in row['cites'])}]." if row["cites"] else ".")
            for row in rows
        ),
        encoding="utf-8",
    )

    def no_pdf(path: Path) -> Any:
        raise AssertionError(path)

    report = bench.proofreader.check(read_draft(path, [BIB], no_pdf), path.name)
    assert len(report.findings) == len(rows)
    return list(report.findings)


def _written(row: dict[str, Any]) -> str:
    keys = "; ".join(f"@{key}" for key in row["cites"])
    return f"{row['text']} [{keys}]." if keys else f"{row['text']}."


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
        "kind_told": round(sum(named) / len(named), 3),
        **{f"found: {kind}": f"{sum(got)} of {len(got)}" for kind, got in of_kind.items()},
    }


def _show(rows: Sequence[dict[str, Any]], findings: Sequence[Finding]) -> None:
    for row, one in zip(rows, findings, strict=True):
        if bool(row["fault"]) != (one.kind not in QUIET) or row["fault"] not in {"", one.kind}:
            print(f"{row['fault'] or 'right'} -> {one.kind}: {row['text']}")
            print(f"    {one.message} | {one.shown.quote[:200] if one.shown else ''}")


if __name__ == "__main__":
    main()
