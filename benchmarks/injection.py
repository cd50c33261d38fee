"""Hidden prompts: three of them, in each way of hiding, put into five of the real papers.

    python -m benchmarks.injection [--papers 5]

Counted are the prompts found (whole, as one run each), the readings whose passages and pages equal
the clean paper's, the answers (language model: none) that equal those over the clean paper but for
times and the file's own name, and the runs found in papers that hide nothing.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common import data_folder, options_parser, print_table, write_results
from fmqa.answering.assistant import Assistant
from fmqa.answering.drafting import ExtractiveDrafter
from fmqa.answering.evidence import EvidenceSelector
from fmqa.apps.workbench import Workbench
from fmqa.reading.reader import DefaultPdfReader
from fmqa.retrieval.search import Searcher
from fmqa.settings import Settings
from fmqa.store.library import Library
from fmqa.store.mappers import passage_texts
from fmqa.types import Document, Outcome, ReadResult
from tests.reading.hiding import SIX, STYLES, found_in_papers, injected, rewritten

# A paper and a question that its pages answer.
QUESTIONS = {
    "U-Net.pdf": "What does the contracting path of U-Net consist of?",
    "resnet.pdf": "What is the degradation problem of deep networks?",
    "1706.03762.pdf": "Why is the dot product scaled in attention?",
    "nnU-Net.pdf": "How does nnU-Net preprocess CT images?",
    "TransUNet.pdf": "How does TransUNet combine transformers and U-Net?",
}


def main() -> None:
    """Put them in, read, ask, and print the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--papers", type=int, default=len(QUESTIONS))
    options = parser.parse_args()
    data = data_folder()
    prompts = found_in_papers(data / "injection")
    counts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as home:
        bench = Workbench(Settings(home=Path(home), llm="none"))
        try:
            asker = _Asker(bench)
            for name, question in list(QUESTIONS.items())[: options.papers]:
                _paper(asker, (data / "pdfs" / name, question), prompts, counts, found)
        finally:
            bench.close()
    clean = [*sorted((data / "pdfs").glob("*.pdf")), data / "injection" / "Garbage_Paper_v2.pdf"]
    alarms = sum(len(DefaultPdfReader().read(path).hidden) for path in clean)
    real = DefaultPdfReader().read(data / "injection" / "Garbage_Paper_v1.pdf").hidden
    figures = {
        "planted": counts["planted"],
        "found, share": round(counts["found"] / counts["planted"], 4),
        "read as the clean paper, share": round(counts["same reading"] / counts["planted"], 4),
        "six styles: answers asked": counts["asked"],
        "six styles: answers as over the clean paper, share": round(
            counts["same answer"] / counts["asked"], 4
        ),
        "clean papers read": len(clean),
        "false alarms": alarms,
        "runs found in the paper that hides one": len(real),
    }
    print_table("hidden prompts", list(figures.items()))
    print_table("found of each style", sorted(found.items()))
    if options.papers >= len(QUESTIONS):
        write_results("injection", {"summary": figures, "found by style": dict(found)})


def _paper(
    asker: _Asker,
    asked: tuple[Path, str],
    prompts: tuple[str, ...],
    counts: Counter[str],
    found: Counter[str],
) -> None:
    """One paper with each prompt in each style."""
    path, question = asked
    original = path.read_bytes()
    data = rewritten(original)
    clean = _read(data)
    told = asker.answer(clean, question)
    for style in STYLES:
        for prompt in prompts:
            data = injected(original, prompt, style)
            document = _read(data)
            counts["planted"] += 1
            whole = [run for run in document.hidden if run.text.split() == prompt.split()]
            counts["found"] += len(document.hidden) == len(whole) == 1
            found[style] += len(document.hidden) == len(whole) == 1
            counts["same reading"] += _texts(document) == _texts(clean)
            if style in SIX:
                counts["asked"] += 1
                counts["same answer"] += asker.answer(document, question) == told


def _texts(document: Document) -> list[object]:
    return [*(page.text for page in document.pages), *document.passages]


def _read(data: bytes) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paper.pdf"
        path.write_bytes(data)
        return DefaultPdfReader().read(path)


class _Asker:
    """Asks libraries of one paper each; what was embedded once isn't embedded again."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.held: dict[str, np.ndarray] = {}

    def embed(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self.held]
        if new:
            made = self.bench.embedder.embed_array(new)
            self.held |= dict(zip(new, made, strict=True))
        return np.stack([self.held[text] for text in texts])

    def answer(self, document: Document, question: str) -> str:
        """The whole answer, without times and the file's name."""
        embedder = self.bench.embedder
        with tempfile.TemporaryDirectory() as folder:
            library = Library(Path(folder), Path(folder) / "record.sqlite3")
            try:
                with library.writing(embedder.fingerprint) as writer:
                    vectors = self.embed(passage_texts(document))
                    result = ReadResult(Path(folder), Outcome.OK, document=document)
                    writer.add(document, vectors, embedder.fingerprint, result)
                answer = Assistant(
                    Searcher(library, embedder),
                    EvidenceSelector(self.bench.marker),
                    ExtractiveDrafter(),
                    self.bench.verifier,
                    model="none",
                ).ask(question)
            finally:
                library.close()
        shown = answer.model_dump_json(exclude={"timings_ms"})
        return shown.replace(document.sha256[:16], "own")


if __name__ == "__main__":
    main()
