"""A section's draft with citations: headings from what papers have in common, sentences checked.

As STORM (Shao et al. 2024) and Ai2 Scholar QA (Singh et al. 2025) go from a topic over headings to
text, but each heading becomes a question, and each sentence passes the check that an answer's does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fmqa.answering.assistant import Asked
from fmqa.answering.schema import Answer, Citation, Sentence, WireModel, Withheld
from fmqa.errors import NothingToSearch
from fmqa.retrieval.search import Searcher, clean_question
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey.corpus import place_of
from fmqa.survey.escaping import escape_markdown
from fmqa.survey.facet_maker import FacetMaker
from fmqa.types import Filters

_PASSAGES = 60  # looked through for the papers of a topic
_LEAST_SHARED = 2  # papers that a heading needs
_SURE = 0.6
# Facet → how many headings at most, the heading, and the question that it stands for.
_SHARED = {
    FacetName.CHALLENGE: (2, "The challenge: {value}", "How does {topic} deal with {value}?"),
    FacetName.TRAINING: (
        2,
        "Training: {value}",
        "How are models for {topic} trained by {value}?",
    ),
    FacetName.SOLUTION: (1, "Solutions: {value}", "How is {value} used for {topic}?"),
}
_MOST_CHARS = 200

Step = Callable[[str, int, int], None]


class Section(WireModel):
    """A heading, the question that it stands for, and the checked sentences that answer it."""

    heading: str
    question: str
    sentences: tuple[Sentence, ...]


class LeftOut(WireModel):
    """A heading that the papers don't carry, and why."""

    heading: str
    reason: str


class Outline(WireModel):
    """The draft. A sentence's numbers are those of ``citations``."""

    topic: str
    papers: int
    sections: tuple[Section, ...]
    citations: tuple[Citation, ...]
    left_out: tuple[LeftOut, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    model: str


_Held = dict[tuple[str, int | None, int, int], Citation]


@dataclass(frozen=True, slots=True)
class _Heading:
    heading: str
    question: str
    papers: tuple[str, ...]


def outline(
    maker: FacetMaker,
    searcher: Searcher,
    assistant: Asked,
    topic: str,
    step: Step = lambda *progress: None,
) -> Outline:
    """The draft of a section on a topic.

    Raises:
        UsageError: the topic is empty or too long.
        NothingToSearch: no paper has to do with it.
    """
    asked = clean_question(topic, _MOST_CHARS).rstrip(" ?.!")
    found = searcher.search(asked, _PASSAGES)
    papers = list(
        dict.fromkeys(
            hit.passage.paper.paper_id for hit in found if hit.passage.paper.kind != "topic"
        )
    )
    if not papers:
        raise NothingToSearch(f"No paper here has to do with {topic!r}.")
    facets = maker.facets(papers)
    plans = list(_plans(asked, papers, facets))
    held: _Held = {}
    sections, left_out, withheld, said = [], [], list[Withheld](), set[str]()
    model = ""
    for number, plan in enumerate(plans):
        step("Writing and checking sections", number, len(plans))
        answer = assistant.ask(plan.question, Filters(papers=plan.papers))
        model = answer.model
        withheld += answer.withheld
        sentences = tuple(_new(answer, held, said))
        if sentences:
            sections.append(
                Section(heading=plan.heading, question=plan.question, sentences=sentences)
            )
        else:
            reason = answer.reason or "All that was found is said elsewhere."
            left_out.append(LeftOut(heading=plan.heading, reason=reason))
    step("Writing and checking sections", len(plans), len(plans))
    return Outline(
        topic=asked,
        papers=len(papers),
        sections=tuple(sections),
        citations=tuple(held.values()),
        left_out=tuple(left_out),
        withheld=tuple(withheld),
        model=model,
    )


def _plans(topic: str, papers: Sequence[str], facets: dict[str, list[Facet]]) -> Iterator[_Heading]:
    """The headings: what most of the topic's papers share, from the problem to the data."""
    yield _Heading("Overview", f"What is known about {topic}?", tuple(papers))
    for name, (most, heading, question) in _SHARED.items():
        holders: dict[str, list[str]] = {}
        for paper_id in papers:
            mine = [one for one in facets.get(paper_id, []) if one.name is name]
            for value in {one.value for one in mine if one.confidence >= _SURE}:
                holders.setdefault(value, []).append(paper_id)
        shared = [value for value, held in holders.items() if len(held) >= _LEAST_SHARED]
        for value in sorted(shared, key=lambda one: (-len(holders[one]), one))[:most]:
            asked = question.format(topic=topic, value=value)
            yield _Heading(heading.format(value=value), asked, tuple(holders[value]))
    with_size = [
        paper_id
        for paper_id in papers
        if any(one.name is FacetName.DATA and one.size for one in facets.get(paper_id, []))
    ]
    if with_size:
        asked = f"On how much data were models for {topic} trained?"
        yield _Heading("Data", asked, tuple(with_size))


def _number(citation: Citation, held: _Held) -> int:
    """The number of a citation in the whole draft; each quote has one, in the order of use."""
    key = (citation.paper_id, citation.version, citation.page, citation.start)
    numbered = citation.model_copy(update={"number": len(held) + 1})
    return held.setdefault(key, numbered).number


def _new(answer: Answer, held: _Held, said: set[str]) -> Iterator[Sentence]:
    """The answer's sentences that no section before said, under the numbers of the whole."""
    if answer.status == "abstained":
        return
    for sentence in answer.sentences:
        key = " ".join(sentence.text.lower().split())
        if key not in said:
            said.add(key)
            numbers = [_number(answer.citations[one - 1], held) for one in sentence.citations]
            yield sentence.model_copy(update={"citations": tuple(numbers)})


def as_markdown(made: Outline) -> str:
    """The draft with its sources, each with the quote."""
    lines = [f"# {escape_markdown(made.topic)}", ""]
    for section in made.sections:
        text = " ".join(
            f"{escape_markdown(one.text)} {''.join(f'[{n}]' for n in one.citations)}"
            for one in section.sentences
        )
        lines += [f"## {escape_markdown(section.heading)}", "", text, ""]
    lines += ["## Sources", ""]
    for one in made.citations:
        named = f"arXiv:{one.arxiv_id}" if one.arxiv_id else one.paper_id
        place = place_of(named, one.version, one.source, one.page)
        place += f"–{one.goes_on.page}" if one.goes_on else ""
        lines.append(
            f"{one.number}. {escape_markdown(one.title)} ({place}): “{escape_markdown(one.whole)}”"
        )
    if made.left_out:
        lines += ["", "## Not carried by the papers here", ""]
        lines += [f"- {one.heading}: {escape_markdown(one.reason)}" for one in made.left_out]
    return "\n".join(lines) + "\n"
