"""The seeds file: what it may hold, which one is read, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmqa.errors import UsageError
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.seeds import SavedQuery, Seed, Seeds, read_seeds, seeds_path

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "corpus" / "seeds.toml"


def write(folder: Path, text: str) -> Path:
    path = folder / "seeds.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_our_own_file() -> None:
    seeds = read_seeds(OWN)
    assert seeds.papers[0].arxiv_id == ArxivId("2510.16973")
    assert seeds.papers[0].follow_references
    assert seeds.queries
    assert all(query.limit <= 100 for query in seeds.queries)
    for query in seeds.queries:
        assert seeds.restricted(query).count("(") == seeds.restricted(query).count(")")


def test_what_our_own_file_offers_holds_when_it_is_taken(tmp_path: Path) -> None:
    lines = OWN.read_text("utf-8").splitlines()
    starts = ("# [[follow]]", "# [[query]]", "# arxiv_id", "# title", "# query =", "# limit =")
    # A heading that explains its table ("# [[follow]]: a single …") stays a comment.
    taken = [
        line.removeprefix("# ") if line.startswith(starts) and "]]:" not in line else line
        for line in lines
    ]
    before, after = read_seeds(OWN), read_seeds(write(tmp_path, "\n".join(taken)))
    assert ArxivId("2304.12306") in {paper.arxiv_id for paper in after.papers}
    assert len(after.papers) > len(before.papers)
    assert len(after.queries) > len(before.queries)


def test_all_of_a_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        categories = ["cs.CV", "hep-th", "cond-mat.mes-hall"]
        [[seed]]
        arxiv_id = "2310.10300"
        title = "A"
        follow_references = true
        [[follow]]
        arxiv_id = "arXiv:hep-th/9901001v2"
        [[query]]
        query = 'abs:"x y" OR ti:z'
        limit = 7
        """,
    )
    seeds = read_seeds(path)
    assert seeds == Seeds(
        papers=(
            Seed(ArxivId("2310.10300"), "A", follow_references=True),
            Seed(ArxivId("hep-th/9901001", 2)),
        ),
        queries=(SavedQuery('abs:"x y" OR ti:z', 7),),
        categories=("cs.CV", "hep-th", "cond-mat.mes-hall"),
    )
    assert seeds.restricted(seeds.queries[0]) == (
        '(abs:"x y" OR ti:z) AND (cat:cs.CV OR cat:hep-th OR cat:cond-mat.mes-hall)'
    )
    assert Seeds().restricted(SavedQuery("a", 1)) == "a"


def test_an_empty_file_is_fine(tmp_path: Path) -> None:
    assert read_seeds(write(tmp_path, "")) == Seeds()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[seed]]\narxiv_id = 2304.12306", "seed 1 arxiv_id"),
        ('[[seed]]\narxiv_id = "medsam"', "seed 1 arxiv_id"),
        ('[[seed]]\ntitle = "no id"', "seed 1 arxiv_id"),
        ('[[follow]]\narxiv_id = "2304.12306"\ntitle = 5', "follow 1 title"),
        ('[[seed]]\narxiv_id = "2304.12306"\nfollow_references = 1', "follow_references"),
        ('[[seed]]\narxiv_id = "2304.12306"\nfollow = true', "seed 1 follow"),
        ('[seed]\narxiv_id = "2304.12306"', "seed doesn't hold"),
        ("seed = 3", "seed doesn't hold"),
        ("[[seeds]]", "seeds doesn't hold"),
        (
            '[[seed]]\narxiv_id = "2304.12306"\n[[follow]]\narxiv_id = "2304.12306v2"',
            "2304.12306 is there twice",
        ),
        ('[[query]]\nquery = "x"', "query 1 limit"),
        ('[[query]]\nquery = "x"\nlimit = 0', "limit"),
        ('[[query]]\nquery = "x"\nlimit = true', "limit"),
        ('[[query]]\nquery = "x"\nlimit = 1\n[[query]]\nlimit = 1', "query 2 query"),
        ('[[query]]\nquery = " "\nlimit = 1', "query"),
        (f'[[query]]\nquery = "{"x" * 1001}"\nlimit = 1', "1000 characters"),
        ('categories = "cs.CV"', "categories"),
        ('categories = ["cs.CV OR all:x"]', "categories"),
        ("categories = [", "no valid TOML"),
    ],
)
def test_what_is_said_of_a_wrong_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        read_seeds(write(tmp_path, text))
    assert str(raised.value).startswith("seeds.toml")
    assert str(tmp_path) in raised.value.hint


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        read_seeds(tmp_path / "nowhere.toml")
    (tmp_path / "seeds.toml").write_bytes(b'[[seed]]\ntitle = "\xff"')
    with pytest.raises(UsageError, match="no valid TOML"):
        read_seeds(tmp_path / "seeds.toml")


def test_which_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seeds_path() == seeds_path(tmp_path) == OWN
    (tmp_path / "corpus").mkdir()
    own = write(tmp_path / "corpus", "")
    assert seeds_path(tmp_path) == own
    monkeypatch.setattr("fmqa.sources.seeds.checkout_root", lambda: None)
    packaged = seeds_path(tmp_path / "elsewhere")
    assert packaged.parts[-3:] == ("fmqa", "starter", "seeds.toml")
