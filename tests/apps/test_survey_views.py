"""The survey's HTML: what papers say can't be anything but text in it, and numbers are right."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from fmqa.answering.schema import Citation
from fmqa.apps.web.markup import view
from fmqa.apps.web.tabs.map import map_card, map_svg, map_table
from fmqa.apps.web.tabs.survey import since_review
from fmqa.apps.web.tabs.trends import chart, numbers_table
from fmqa.apps.web.wording import IN_CHINESE, IN_ENGLISH
from fmqa.survey.field_map import Cluster, FieldMap, MapEdge, MapPaper
from fmqa.survey.review_changes import Contradicted, NewPaper, ReviewChanges, Revised
from fmqa.survey.trend_data import GROUPS, By, Trend, TrendPoint

NASTY = (
    "</text><script>hurt()</script><img src=x onerror=hurt()> \"quoted\" 'too' {{value}} ${value}"
)
CITED = Citation(
    number=1,
    paper_id=NASTY,
    arxiv_id=NASTY,
    version=2,
    title=NASTY,
    authors=(NASTY,),
    year=2024,
    page=3,
    section=NASTY,
    quote=NASTY,
    start=0,
    end=1,
    url="javascript:hurt()",
    source="pdf",
    status="superseded",
)
# Attributes that our own markup uses; anything else came out of a text.
KNOWN = frozenset(
    """class viewbox role aria-label aria-hidden aria-live d cx cy r x y width height style id href
    target rel type data-paper data-value data-year data-group data-point data-zoom scope tabindex
    transform open""".split()
)


class Checked(HTMLParser):
    """Fails on a tag or an attribute that isn't ours, and on tags that aren't closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.data: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "iframe", "style", "object")
        for name, value in attrs:
            assert name in KNOWN, name
            if name == "href":
                assert value is not None
                assert value.startswith("https://")
        self.data.append(dict(attrs))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(text: str) -> list[dict[str, str | None]]:
    parser = Checked()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    assert "{{" not in text
    assert "${" not in text
    return parser.data


def a_map(text: str) -> FieldMap:
    papers = tuple(
        MapPaper(
            f"p{n}", None, text, text, 2020 + n, text, (text,), (text,), n % 2, 0.2 * n, 0.5, n
        )
        for n in range(5)
    )
    edges = (MapEdge("p0", "p1", "cites", 1.0), MapEdge("p0", "p2", "near", 0.5))
    return FieldMap(
        1, papers, edges, (Cluster(0, text, 3, 0.5, 0.5), Cluster(1, text, 2, 0.5, 0.5))
    )


def point(number: int, **changes: object) -> TrendPoint:
    values = {
        "paper_id": f"p{number}",
        "arxiv_id": "2304.12306",
        "name": "",
        "title": f"Paper {number}",
        "year": 2020 + number % 3,
        "published": "2021-05",
        "kind": "vision-only",
        "value": "CT" if number % 2 else "MRI",
        "amount": None,
        "group": "cited" if number % 3 else "since",
        "citation": None,
    }
    return TrendPoint.model_validate(values | changes)


def trend(by: By = By.MODALITY, *points: TrendPoint) -> Trend:
    held = points or tuple(point(n) for n in range(12))
    return Trend(by=by, review_id="r", papers=14, unknown=2, undated=0, points=held)


def test_texts_on_the_map_are_texts() -> None:
    drawn = a_map(NASTY)
    for html in (map_svg(drawn, lambda paper: True), map_table(drawn), map_card(drawn, "p0")):
        checked(html)
        assert "hurt" in html
    nasty = replace(drawn, papers=(replace(drawn.papers[0], paper_id=NASTY),), edges=())
    checked(map_svg(nasty, lambda paper: True) + map_table(nasty) + map_card(nasty, NASTY))


def test_the_map_shows_each_paper_once_and_the_rest_faintly() -> None:
    drawn = a_map("Model")
    html = map_svg(drawn, lambda paper: paper.year != 2020)
    assert [one["data-paper"] for one in checked(html) if "data-paper" in one] == [
        "p1", "p2", "p3", "p4",
    ]  # fmt: skip
    assert html.count("fmqa-faint") == 1
    assert "fmqa-cites" not in html  # of a paper that isn't meant
    assert "Map of 4 papers" in html


def test_of_many_citations_the_telling_ones_are_drawn() -> None:
    drawn = a_map("Model")
    papers = tuple(replace(drawn.papers[0], paper_id=f"p{n}") for n in range(62))
    # All cite all of the first sixty; one citation stands apart.
    dense = [
        MapEdge(f"p{a}", f"p{b}", "cites", 1.0) for a in range(60) for b in range(60) if a != b
    ]
    apart = MapEdge("p60", "p61", "cites", 1.0)
    html = map_svg(FieldMap(1, papers, (*dense, apart), ()), lambda paper: True)
    assert html.count('class="fmqa-cites"') == 1500
    alone = FieldMap(1, papers, (apart,), ())
    line = re.search(r'<path class="fmqa-cites"[^>]*>', map_svg(alone, lambda paper: True))
    assert line is not None
    assert line[0] in html


def test_a_card_tells_what_a_paper_is_tied_to() -> None:
    drawn = a_map("Model")
    card = map_card(drawn, "p1")
    assert "Cited by" in card
    assert [one["data-paper"] for one in checked(card) if "data-paper" in one] == ["p0"]
    assert map_card(drawn, "nobody") == ""


@pytest.mark.parametrize("sides", [False, True])
@pytest.mark.parametrize("by", [By.MODALITY, By.DATA_SIZE])
def test_texts_in_trends_are_texts(by: By, sides: bool) -> None:
    nasty = {"title": NASTY, "name": NASTY, "kind": NASTY, "value": NASTY, "citation": CITED}
    points = tuple(point(n, amount=10.0**n, **nasty) for n in range(6))
    told = trend(by, *points)
    for html in (chart(told, sides=sides), numbers_table(told, sides=sides)):
        checked(html)
    sheet = view("trends.papers", IN_ENGLISH, NASTY, points)
    checked(sheet)
    assert "superseded" in sheet
    assert "javascript" not in sheet


def test_the_bars_are_the_counts() -> None:
    told = trend()
    html = chart(told, sides=False)
    drawn = {
        (one["data-value"], int(one["data-year"] or 0))
        for one in checked(html)
        if "data-value" in one
    }
    assert drawn == set(told.counts())
    titles = re.findall(r"<title>(\w+), (\d+): (\d+) papers?", unescape(html))
    assert {(value, int(year)): int(count) for value, year, count in titles} == told.counts()
    buttons = re.findall(r">(\d+)</button>", numbers_table(told, sides=False))
    assert sorted(map(int, buttons)) == sorted(told.counts().values())


def test_the_sides_add_up() -> None:
    told = trend()
    html = unescape(chart(told, sides=True))
    titles = re.findall(r"<title>\w+, \d+: (\d+) papers? . (Cited|Since)", html)
    assert sum(int(count) for count, _ in titles) == len(told.points)


def test_nothing_on_either_side_is_said() -> None:
    told = trend(By.KIND, point(1, group="other"))
    assert "No paper here" in chart(told, sides=True)
    checked(numbers_table(told, sides=True))


def test_one_amount_can_be_drawn() -> None:
    checked(chart(trend(By.MODEL_SIZE, point(1, amount=5e6)), sides=False))
    checked(chart(trend(By.MODEL_SIZE, point(1, amount=5e6)), sides=True))


def test_texts_in_the_news_are_texts() -> None:
    told = ReviewChanges(
        review_id=NASTY,
        title=NASTY,
        published="2025-10",
        cited=1,
        papers=(
            NewPaper(
                paper_id=NASTY,
                arxiv_id=NASTY,
                name=NASTY,
                title=NASTY,
                published="2026",
                kind=NASTY,
                modality=(NASTY,),
                tasks=(NASTY,),
                withdrawn=True,
            ),
        ),
        revised=(Revised(figures=(NASTY, NASTY), old=CITED, new=CITED),),
        contradicted=(Contradicted(about=NASTY, figures=(NASTY, "2"), one=CITED, other=CITED),),
    )
    html = since_review(told)
    checked(html)
    assert "javascript" not in html
    assert "withdrawn" in html


def test_what_the_tabs_say_is_said_in_chinese_too() -> None:
    for by in By:
        assert IN_CHINESE(by.heading) != by.heading
    for heading in GROUPS.values():
        assert IN_CHINESE(heading) != heading
    told = trend()
    html = chart(told, sides=True, say=IN_CHINESE) + numbers_table(told, sides=True, say=IN_CHINESE)
    drawn = a_map("模型")
    html += map_svg(drawn, lambda paper: True, IN_CHINESE) + map_table(drawn, IN_CHINESE)
    shown = re.sub(r"<[^>]*>", " ", html)
    assert set(re.findall(r"[A-Za-z][\w-]+", shown)) <= {"CT", "MRI"}
