"""Hidden prompts: three of them, in each way of hiding, put into five of the real papers.

    python -m benchmarks.injection [--papers 5]

Counted are the prompts found (whole, as one run each), the readings whose passages and pages equal
the clean paper's, and the runs found in papers that hide nothing.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.common import data_folder, options_parser, print_table, write_results
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document
from tests.reading.hiding import STYLES, found_in_papers, injected, rewritten

PAPERS = ("U-Net.pdf", "resnet.pdf", "1706.03762.pdf", "nnU-Net.pdf", "TransUNet.pdf")


def main() -> None:
    """Put them in, read, and print the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--papers", type=int, default=len(PAPERS))
    options = parser.parse_args()
    data = data_folder()
    prompts = found_in_papers(data / "injection")
    counts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for name in PAPERS[: options.papers]:
        _paper(data / "pdfs" / name, prompts, counts, found)
    clean = [*sorted((data / "pdfs").glob("*.pdf")), data / "injection" / "Garbage_Paper_v2.pdf"]
    alarms = sum(len(DefaultPdfReader().read(path).hidden) for path in clean)
    real = DefaultPdfReader().read(data / "injection" / "Garbage_Paper_v1.pdf").hidden
    figures = {
        "planted": counts["planted"],
        "found, share": round(counts["found"] / counts["planted"], 4),
        "read as the clean paper, share": round(counts["same reading"] / counts["planted"], 4),
        "clean papers read": len(clean),
        "false alarms": alarms,
        "runs found in the paper that hides one": len(real),
    }
    print_table("hidden prompts", list(figures.items()))
    print_table("found of each style", sorted(found.items()))
    if options.papers >= len(PAPERS):
        write_results("injection", {"summary": figures, "found by style": dict(found)})


def _paper(path: Path, prompts: tuple[str, ...], counts: Counter[str], found: Counter[str]) -> None:
    """One paper with each prompt in each style."""
    original = path.read_bytes()
    clean = _read(rewritten(original))
    for style in STYLES:
        for prompt in prompts:
            document = _read(injected(original, prompt, style))
            whole = [run for run in document.hidden if run.text.split() == prompt.split()]
            alone = len(document.hidden) == len(whole) == 1
            counts["planted"] += 1
            counts["found"] += alone
            found[style] += alone
            counts["same reading"] += _texts(document) == _texts(clean)


def _texts(document: Document) -> list[object]:
    return [*(page.text for page in document.pages), *document.passages]


def _read(data: bytes) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paper.pdf"
        path.write_bytes(data)
        return DefaultPdfReader().read(path)


if __name__ == "__main__":
    main()
