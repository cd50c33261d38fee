"""The benchmarks' own arithmetic, and that each of them starts."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks come with the checkout", allow_module_level=True)
sys.path.insert(0, str(ROOT))

from benchmarks import (  # noqa: E402
    latency,
    million,
    processes,
    quotes,
    rehearsal,
    retrieval,
    scale,
    side_by_side,
)
from benchmarks.__main__ import NAMES, measure  # noqa: E402
from benchmarks.figures import FIGURES, Figure  # noqa: E402
from fmqa.errors import ModelSilent  # noqa: E402
from fmqa.evaluation.questions import Question  # noqa: E402
from fmqa.prompts import REPAIR_SYSTEM  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", NAMES)
def test_each_benchmark_starts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")
    assert ended.value.code == 0


def test_each_figure_belongs_to_a_benchmark() -> None:
    assert {figure.results.split("-")[0] for figure in FIGURES} <= set(NAMES)


def test_without_data_a_benchmark_says_that_it_skips(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FMQA_SHARED", str(tmp_path))

    assert measure("quotes").startswith("skipped")
    assert measure("references").startswith("skipped")


def test_figure_says_whether_it_is_reached() -> None:
    figure = Figure("p50", "latency", ("warm", "p50"), "≤", 30, " ms")

    assert figure.row({"warm": {"p50": 12.5}}) == ("p50", "12.5 ms", "≤ 30 ms", "reached")
    assert figure.row({"warm": {"p50": 31}})[-1] == "SHORT"
    assert figure.row({})[1] == "not measured"


def test_ndcg_is_that_of_its_definition() -> None:
    assert retrieval.ndcg(["a", "b"], {"a": 1, "b": 1}) == 1
    assert retrieval.ndcg(["x", "a"], {"a": 1}) == pytest.approx(0.6309, abs=1e-4)
    assert retrieval.ndcg([], {"a": 1}) == 0
    assert retrieval.recall(["x", "a"], {"a": 1, "b": 1}) == 0.5


def test_baselines_rank_what_both_legs_find_first() -> None:
    dense, lexical = {1: 0.9, 2: 0.8, 3: 0.1}, {2: 7.0, 3: 1.0}

    for fused in (retrieval.reciprocal_ranks(dense, lexical), retrieval.own_tops(dense, lexical)):
        assert max(fused, key=fused.__getitem__) == 2
        assert set(fused) == {1, 2, 3}


def test_percentile_is_the_nearest_rank() -> None:
    values = [float(value) for value in range(1, 101)]

    assert latency.percentile(values, 50) == 50
    assert latency.percentile(values, 99) == 99
    assert latency.percentile([4.0], 99) == 4


def test_letters_take_ligatures_and_line_ends_for_what_they_are() -> None:
    assert quotes.letters("e\ufb03- \ncient, Müller’s 5²") == quotes.letters(
        "efficient Mu\u0308llers 52"
    )
    assert quotes.letters("a large 𝑁 × 𝑁 matrix") != quotes.letters("a large × matrix")


def test_a_process_is_measured_with_its_children() -> None:
    child = "import time; held = bytearray(60_000_000); time.sleep(0.6)"
    parent = f"import subprocess, sys; print(subprocess.call([sys.executable, '-c', {child!r}]))"

    ended = processes.run([sys.executable, "-c", parent], {})

    assert ended.output == "0\n"
    assert ended.tree_mb >= ended.largest_mb > 60
    assert ended.seconds > 0.6
    with pytest.raises(RuntimeError, match="ended with 3"):
        processes.run([sys.executable, "-c", "raise SystemExit(3)"], {})


def test_drawn_vectors_lie_as_the_measured_ones() -> None:
    random = np.random.default_rng(3)
    centres = random.standard_normal((40, 32)).repeat(25, axis=0)
    measured = centres + 0.6 * random.standard_normal((1000, 32))
    measured = (measured / np.linalg.norm(measured, axis=1, keepdims=True)).astype(np.float32)
    vectors = million.drawn(measured, 1000)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors, million.drawn(measured, 1000))
    near, drawn = million.nearest_cosine(measured), million.nearest_cosine(vectors)
    even = random.standard_normal((1000, 32)).astype(np.float32)
    even /= np.linalg.norm(even, axis=1, keepdims=True)
    assert abs(drawn - near) < abs(drawn - million.nearest_cosine(even))


def test_the_nearest_are_found_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(million, "_BLOCK", 100)
    random = np.random.default_rng(3)
    vectors = random.standard_normal((350, 16)).astype(np.float32)
    questions = random.standard_normal((5, 16)).astype(np.float32)
    wanted = np.argsort(-(questions @ vectors.T), axis=1)[:, :10] + 1
    assert np.array_equal(million.exact(vectors, questions), wanted)
    assert million.recalled([[*row[:9], 0] for row in wanted.tolist()], wanted) == pytest.approx(
        0.9
    )


def test_the_simulation_is_that_of_its_units() -> None:
    ones = np.full(13, 10)
    units = scale.Units(ones, ones * 6, ones * 1000, core_seconds=0.1, record=2000.0)
    told = scale.simulated(units, 10_000)
    assert told == scale.simulated(units, 10_000)
    assert told["million passages"] == [0.6, 0.6, 0.6]
    assert told["core hours"][1] == pytest.approx(60 * 10_000 * 0.1 * 1.01 / 3600, rel=0.01)
    assert told["hours of fetching at arXiv's pace"][1] == pytest.approx(8.33, rel=0.01)
    assert told["PDFs, GiB"][1] == pytest.approx(10_000 * 10_000 / 2**30, rel=0.01)


def test_a_rehearsal_writes_prompts_and_plays_replies(tmp_path: Path) -> None:
    from langchain_core.messages import HumanMessage, SystemMessage

    model = rehearsal.Recorded(folder=tmp_path, asked="q1")
    with pytest.raises(ModelSilent, match=r"q1\.reply\.txt"):
        model.invoke([SystemMessage("Answer."), HumanMessage("Why?")])
    assert "Why?" in (tmp_path / "q1.txt").read_text(encoding="utf-8")
    (tmp_path / "q1.reply.txt").write_text("It is so [1].\nAnd so [2].\n", encoding="utf-8")
    pieces = [str(piece.content) for piece in model.stream("Why?")]
    assert "".join(pieces) == "It is so [1].\nAnd so [2].\n"
    with pytest.raises(ModelSilent, match=r"q1\.repair\.reply\.txt"):
        model.invoke([SystemMessage(REPAIR_SYSTEM), HumanMessage("S1: It is.")])


def test_a_rehearsal_counts_what_was_said_and_how(tmp_path: Path) -> None:
    (tmp_path / "q1.repair.reply.txt").write_text("S1: It is so\n [1].", encoding="utf-8")
    said = [{"text": "It is so.", "verdict": "supported"}, {"text": "Yes.", "verdict": "verbatim"}]
    answer = {"status": "answered", "sentences": said, "withheld": [{}]}
    assert [count for _, count in rehearsal.counts({"q1": answer}, tmp_path)] == [1, 2, 1, 1, 1]


def asked(name: str, *facts: str) -> Question:
    kind = {"kind": "fact", "answerable": bool(facts), "expected_facts": facts}
    return Question(id=name, question=f"{name}?", **kind)


def test_each_beginning_of_the_questions_side_by_side_has_the_sets_share() -> None:
    questions = [asked(f"q{n}", *(["a fact"] if n % 4 else [])) for n in range(40)]
    drawn = side_by_side.drawn(questions, 40)
    assert drawn[:8] == side_by_side.drawn(questions, 8)
    for count in (8, 16, 40):
        assert sum(not one.answerable for one in drawn[:count]) == count / 4


def test_systems_side_by_side_are_judged_alike() -> None:
    questions = [asked("a", "64 layers"), asked("b")]
    took = {"seconds": 2.0, "cpu": 1.0}
    kept = [took | {"id": "a", "system": "fmqa", "sentences": ["It has 64 layers."]}]
    kept += [took | {"id": "b", "system": "fmqa", "sentences": []}]
    for name in ("LangChain, 4 chunks", "LangChain, 12 chunks"):
        kept += [took | {"id": "a", "system": name, "text": "1. It has 64 layers.\n2. It is new."}]
        kept += [took | {"id": "b", "system": name, "text": "Sorry, but I don’t know."}]
    kept += [took | {"id": "a", "system": "PaperQA2", "text": "I cannot answer. It has 64 layers."}]
    kept += [took | {"id": "b", "system": "PaperQA2", "failed": "late"}]
    passed = {(row["id"], row["system"]): [True, False][: len(side_by_side.sentences_of(row))]
              for row in kept}  # fmt: skip
    figures = side_by_side.summary([*questions, asked("c")], kept, passed)
    assert figures["questions"] == 2
    assert [figures[name]["fact recall"] for name in side_by_side.REFUSALS] == [1, 1, 1, 0]
    assert [figures[name]["sentences"] for name in side_by_side.REFUSALS] == [1, 2, 2, 0]
    assert [figures[name]["right refusals"] for name in side_by_side.REFUSALS] == [1, 1, 1, 0]
    assert figures["PaperQA2"]["wrong refusals"] == figures["PaperQA2"]["failed"] == 1
