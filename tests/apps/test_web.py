"""The chat without a browser: what is rendered, what sessions see, how the server runs."""

from __future__ import annotations

import html
import os
import re
import signal
import socket
import string
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served import page_of

from fmqa.answering.assistant import EvidenceFound, Finished, SentenceReady, SentenceWithheld
from fmqa.answering.schema import Answer, Citation, Related, Sentence, Withheld
from fmqa.apps.web import app, chat
from fmqa.apps.web.chat import Stage, Turn
from fmqa.apps.web.markup import escaped, safe_url
from fmqa.apps.web.readiness import Readiness
from fmqa.apps.web.render import messages, prose, reply
from fmqa.apps.web.wording import IN_ENGLISH
from fmqa.errors import ModelUnavailable, NothingToSearch, UsageError
from fmqa.settings import Settings
from ports import free_port

NASTY = "<img src=x onerror=alert(1)> $$x$$ [a](javascript:alert(1)) **b** \"q\" 'a' `c` </div>"


def citation(number: int = 1, **changes: Any) -> Citation:
    values: dict[str, Any] = {
        "number": number,
        "paper_id": "2304.12306",
        "arxiv_id": "2304.12306",
        "version": 3,
        "title": "Segment Anything in Medical Images",
        "authors": ("Jun Ma", "Yuting He", "Feifei Li", "Bo Wang"),
        "year": 2023,
        "page": 4,
        "section": "Results",
        "quote": f"Quote number {number}.",
        "start": 0,
        "end": 5,
        "url": "https://arxiv.org/pdf/2304.12306v3#page=4",
        "source": "pdf",
        "status": "current",
    }
    return Citation(**(values | changes))


def answer(question: str, **changes: Any) -> Answer:
    sentence = Sentence(text=f"About {question}", citations=(1,), verdict="supported")
    values: dict[str, Any] = {
        "question": question,
        "status": "answered",
        "answer": f"About {question} [1].",
        "sentences": (sentence,),
        "citations": (citation(),),
        "model": "none",
    }
    return Answer(**(values | changes))


@dataclass
class ScriptedAssistant:
    """Says of each question what `script` says."""

    script: Callable[[str], Iterator[Any]]

    def stream(self, question: str, filters: Any = None, *, history: Any = ()) -> Iterator[Any]:
        yield from self.script(question)

    def ask(self, question: str, filters: Any = None, history: Any = ()) -> Answer:
        *_, last = self.stream(question)
        assert isinstance(last, Finished)
        return last.answer


def scripted(question: str) -> Iterator[Any]:
    if "wrong" in question:
        raise NothingToSearch("No paper <b>is</b> here.")
    if "crash" in question:
        raise ZeroDivisionError("secret detail")
    yield EvidenceFound((citation(),))
    said = answer(question)
    yield SentenceReady(said.sentences[0], said.citations)
    yield Finished(said)


class NoSuggestions:
    """Nothing to ask next."""

    def after(self, *asked: Any) -> tuple[()]:
        return ()


@dataclass
class Bench:
    """What the page needs of a workbench."""

    make: Callable[[], Any] = lambda: ScriptedAssistant(scripted)
    settings: Settings = field(default_factory=lambda: Settings(llm="none"))
    step: Any = lambda label, done, total: None
    suggester: Any = field(default_factory=NoSuggestions)
    closed: bool = False

    @property
    def prepared(self) -> Any:
        return self.make()

    def close(self) -> None:
        self.closed = True


# What is rendered


@given(st.text())
def test_no_mark_of_the_input_survives(text: str) -> None:
    safe = escaped(text)
    bare = re.sub(r"&#\d+;", "", safe)
    assert not set(bare) & (set(string.punctuation) - set(" ,.()-"))
    assert "\n" not in safe
    visible = html.unescape(safe)
    assert all(
        mark in visible for mark in set(text) & set(string.printable) - set(string.whitespace)
    )


@given(st.text(alphabet=string.printable))
def test_escaping_is_only_spelling(text: str) -> None:
    kept = "".join(c for c in text if c.isspace() or c.isprintable())
    assert html.unescape(escaped(text)) == " ".join(kept.split())


@given(st.text(), st.text(), st.text())
def test_a_message_holds_no_tag_of_the_papers(title: str, quote: str, section: str) -> None:
    plain = answer("q", citations=(citation(title="T", quote="Q", section="S"),))
    nasty = answer("q", citations=(citation(title=title, quote=quote, section=section),))

    def tags(said: Answer) -> list[str]:
        shown = reply(Turn("q").after(Finished(said)), "a")
        return [re.sub(r'title="[^"]*"', "", tag) for tag in re.findall(r"<[^>]*>", shown)]

    assert tags(nasty) == tags(plain)


def test_writing_can_not_be_turned_round() -> None:
    assert escaped("a\u202eb\u2066c\u200bd\x00e") == "abcde"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//host/x", "https:", "http://a b", "ftp://a", ""],
)
def test_only_web_addresses_are_linked(url: str) -> None:
    assert safe_url(url) == ""


def test_a_source_says_where_its_quote_stands() -> None:
    shown = html.unescape(reply(Turn("q").after(Finished(answer("q"))), "a"))
    card = shown.split('class="fmqa-source"')[1]
    for words in (
        "Segment Anything in Medical Images",
        "Jun Ma et al.",
        "2023",
        "page 4",
        "evidence?paper=2304.12306&version=3&source=pdf&page=4&start=0&end=5",
    ):
        assert words in card


_SENTENCES = st.lists(
    st.builds(
        Sentence,
        text=st.sampled_from(("It [MedSAM] flies.", "<b>It</b> swims.")),
        citations=st.lists(st.integers(1, 4), max_size=3).map(tuple),
        verdict=st.sampled_from(("supported", "verbatim", "edited")),
        begins=st.sampled_from(("", "", "paragraph", "item")),
        head=st.sampled_from(("", "", "", "SAM <i>")),
    ),
    min_size=1,
    max_size=8,
)
_CITED = tuple(citation(number, paper_id=f"2304.0000{number % 2}") for number in range(1, 5))


def shown_prose(sentences: list[Sentence]) -> str:
    return prose(Turn("q", sentences=tuple(sentences), citations=_CITED), IN_ENGLISH)


@given(_SENTENCES)
def test_what_is_shown_of_an_answer_stays_as_more_is_written(sentences: list[Sentence]) -> None:
    whole = shown_prose(sentences)
    for count in range(1, len(sentences)):
        so_far = re.sub(r"(</(p|li|ul|div)>)+$", "", shown_prose(sentences[:count]))
        assert whole.startswith(so_far)


@given(_SENTENCES)
def test_each_head_stands_above_its_group(sentences: list[Sentence]) -> None:
    shown = html.unescape(shown_prose(sentences))
    assert shown.count("<h4>SAM <i></h4>") == sum(one.head != "" for one in sentences)


@given(_SENTENCES)
def test_a_papers_words_are_told_from_written_ones(sentences: list[Sentence]) -> None:
    for paragraph in re.findall(r"<(?:p|li) .*?</(?:p|li)>", shown_prose(sentences)):
        said = re.findall(r'<(q|span) class="fmqa-(verbatim|edited|supported)"', paragraph)
        written = any(verdict == "supported" for _, verdict in said)
        assert ('class="fmqa-written"' in paragraph) is written
        assert all((tag == "q") is (written and verdict != "supported") for tag, verdict in said)


def test_a_second_hand_quote_is_seen_as_one() -> None:
    second = citation(reports="[5]")
    shown = html.unescape(reply(Turn("q").after(Finished(answer("q", citations=(second,)))), "a"))
    assert shown.count("second-hand: cites [5]") == 2  # at the number, and among the sources


def test_an_earlier_question_is_put_anew_and_nothing_is_lost() -> None:
    first = Turn("And its data?").after(
        Finished(answer("And its data?", understood_as="What is MedSAM's data?"))
    )
    turns = (first, Turn("q").after(Finished(answer("q"))))
    anew = chat.asked_again(turns, 0)
    assert anew[:2] == turns
    assert (anew[2].question, anew[2].again) == ("What is MedSAM's data?", True)
    assert chat.edited(turns, 0, "Which data?")[:2] == turns
    assert [turn.question for turn in chat.edited(turns, 1, "r")] == ["And its data?", "r"]


def test_a_note_is_called_a_note() -> None:
    note = citation(source="note", url="https://arxiv.org/abs/2304.12306v3")
    shown = html.unescape(reply(Turn("q").after(Finished(answer("q", citations=(note,)))), "a"))
    assert "our note" in shown
    assert "page 1" not in shown


def test_a_message_is_html_blocks_of_one_line_each() -> None:
    said = answer(
        NASTY,
        citations=(citation(title=NASTY, quote=NASTY + "\n\n# heading\n\n    code"),),
        withheld=(Withheld(text=NASTY, reason=NASTY),),
        notices=(NASTY,),
    )
    for message in messages([Turn(NASTY).after(Finished(said))]):
        for block in message["content"].split("\n\n"):
            assert re.match(r"<(div|p|details) ", block)
            assert "\n" not in block
        assert "<img" not in message["content"]
        assert "$$" not in message["content"]


# From events to messages


def test_what_is_proven_shows_first() -> None:
    turn = Turn("What is MedSAM?")
    assert "Waiting" in reply(turn, "a")
    turn = turn.taken("Fetching the model")
    assert "Fetching the model" in reply(turn, "a")
    turn = turn.after(EvidenceFound((citation(1), citation(2))))
    assert "Found in the papers" in reply(turn, "a")
    assert "Quote number 2." in reply(turn, "a")
    said = answer("q", withheld=(Withheld(text="It flies.", reason="not in the quote"),))
    turn = turn.after(SentenceReady(said.sentences[0], said.citations))
    shown = reply(turn, "a")
    assert "About q" in shown
    assert 'class="fmqa-used"><q>Quote number 1.' in shown
    assert 'class="fmqa-unused"><q>Quote number 2.' in shown  # nothing that is shown moves
    turn = turn.after(SentenceWithheld(said.withheld[0])).after(Finished(said))
    shown = reply(turn, "a")
    assert "Found in the papers" not in shown
    assert "1 drafted sentence was withheld" in shown
    assert "not in the quote" in shown
    assert not turn.running


def test_an_abstention_names_the_nearest_papers() -> None:
    said = answer(
        "q",
        status="abstained",
        reason="Nothing is near.",
        sentences=(),
        citations=(),
        related=(
            Related(paper_id="1", arxiv_id="2304.12306", title="Near"),
            Related(paper_id="2", arxiv_id='x" onclick="', title="Odd"),
        ),
        notices=("The model failed.",),
    )
    shown = reply(Turn("q").after(Finished(said)), "a")
    assert "don’t answer this" in shown
    assert "Nothing is near." in shown
    assert shown.count("<a ") == 1
    assert "The model failed." in shown


def test_errors_are_words() -> None:
    ready = Readiness(Bench())  # type: ignore[arg-type]
    *_, known = chat.answered(ready, (Turn("wrong"),))
    assert known[-1].problem == "No paper <b>is</b> here."
    assert known[-1].hint == NothingToSearch.hint
    *_, unknown = chat.answered(ready, (Turn("crash"),))
    assert "secret" not in reply(unknown[-1], "a")
    *_, empty = chat.answered(ready, (Turn("  "),))
    assert empty[-1].problem == "Nothing was asked."


def test_an_error_keeps_what_was_said() -> None:
    def breaking(question: str) -> Iterator[Any]:
        said = answer(question)
        yield SentenceReady(said.sentences[0], said.citations)
        raise ModelUnavailable("It is gone.")

    ready = Readiness(Bench(lambda: ScriptedAssistant(breaking)))  # type: ignore[arg-type]
    *_, turns = chat.answered(ready, (Turn("q"),))
    assert "About q" in reply(turns[-1], "a")
    assert "It is gone." in reply(turns[-1], "a")


def test_what_is_done_is_not_stopped() -> None:
    assert chat.stopped(()) == ()
    assert chat.stopped((Turn("q").taken(),))[-1].stage is Stage.STOPPED
    done = Turn("q").after(Finished(answer("q")))
    assert chat.stopped((done,)) == (done,)


def test_a_conversation_does_not_grow_without_end() -> None:
    turns: chat.Turns = ()
    for number in range(200):
        turns = chat.begun(str(number), turns)
    assert len(turns) == 50
    assert turns[-1].question == "199"


# Readiness


def test_a_failed_making_is_tried_again() -> None:
    tries: list[int] = []

    def make() -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise ModelUnavailable("No network.")
        return ScriptedAssistant(scripted)

    ready = Readiness(Bench(make))  # type: ignore[arg-type]
    *_, first = chat.answered(ready, (Turn("q"),))
    assert first[-1].problem == "No network."
    *_, second = chat.answered(ready, (Turn("q"),))
    assert second[-1].stage is Stage.DONE
    assert len(tries) == 2


def test_progress_reaches_the_page_and_the_terminal() -> None:
    told: list[tuple[str, int, int]] = []
    bench = Bench(step=lambda *step: told.append(step))
    ready = Readiness(bench)  # type: ignore[arg-type]
    bench.step("Fetching", 5 << 20, 10 << 20)
    assert told == [("Fetching", 5 << 20, 10 << 20)]
    assert ready.status == "Fetching: 5 of 10 MiB"


# The server


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with page_of(Bench()) as opened_at:
        yield opened_at


def client(address: str) -> Any:
    from gradio_client import Client

    return Client(address, verbose=False, analytics_enabled=False)


def test_the_endpoint_answers_with_the_answers_json(address: str) -> None:
    said = client(address).predict("What is MedSAM?", api_name="/ask")
    assert Answer.model_validate(said) == answer("What is MedSAM?")


def test_the_endpoint_says_errors_in_words(address: str) -> None:
    caller = client(address)
    with pytest.raises(Exception, match=r"No paper .* `fmqa ingest`"):
        caller.predict("wrong", api_name="/ask")
    with pytest.raises(Exception) as caught:
        caller.predict("crash", api_name="/ask")
    assert "secret" not in str(caught.value)


def test_only_what_is_documented_is_offered(address: str) -> None:
    api = client(address).view_api(return_format="dict", print_info=False)
    offered = {"/ask", "/search", "/papers", "/passage", "/compare", "/export"}
    assert set(api["named_endpoints"]) == offered
    assert not api["unnamed_endpoints"]


def _box(config: dict[str, Any]) -> int:
    """The id of the question's box."""
    boxes = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "fmqa-box"]
    return int(boxes[0])


def session(address: str, name: str, question: str) -> list[str]:
    """What a browser's session of this name is shown after it asked."""
    import httpx

    base = f"{address}/gradio_api"
    config = httpx.get(f"{address}/config", trust_env=False).json()
    shown: list[str] = []
    asking = [d for d in config["dependencies"] if d["targets"] == [[_box(config), "submit"]]]
    begin = asking[0]["id"]
    then = begin + 1  # what follows it when it has succeeded
    for number, data in ((begin, [question, None, "", ""]), (then, [None, ""])):
        body = {"fn_index": number, "data": data, "session_hash": name}
        httpx.post(f"{base}/queue/join", json=body, trust_env=False).raise_for_status()
        stream = httpx.get(f"{base}/queue/data?session_hash={name}", timeout=30, trust_env=False)
        shown.append(stream.text)
    return shown


def test_sessions_do_not_see_each_other(address: str) -> None:
    names = [f"session{n}" for n in range(6)]
    seen: dict[str, list[str]] = {}

    def run(name: str) -> None:
        seen[name] = session(address, name, f"Question of {name}")
        seen[name] += session(address, name, f"Second of {name}")

    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        everything = "".join(seen[name])
        assert f"About Question of {name}" in everything
        assert f"Question of {name}" in seen[name][-1]  # its own earlier turn is still there
        assert not any(other in everything for other in names if other != name)


def test_the_browser_is_told_to_keep_to_this_machine(address: str) -> None:
    import httpx

    page = httpx.get(address, trust_env=False)
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    assert httpx.get(address, headers={"Host": "evil.example"}, trust_env=False).status_code == 400


def test_a_taken_port_is_said_before_anything_is_loaded() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)) as caught:
            app.serve(Bench(), port=port)  # type: ignore[arg-type]
        assert "--port" in caught.value.hint


_SERVE = """
import sys
from test_web import Bench, app
bench = Bench()
app.serve(bench, port=int(sys.argv[1]))
print("closed" if bench.closed else "open")
"""


@pytest.mark.slow
def test_ctrl_c_ends_it_cleanly() -> None:
    """As SIGTERM does, of which the tests of the queue see to that answers finish."""
    here = Path(__file__).parent
    source = Path(app.__file__).parents[3]
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{here}:{here.parent}:{source}"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "closed\n"
        assert process.wait(30) == 0
        assert time.monotonic() - began < 20
        assert process.stderr.read() == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_others_are_not_let_in_unless_asked_for(host: str) -> None:
    with pytest.raises(UsageError, match="without a login") as raised:
        app.serve(Bench(), host=host)  # type: ignore[arg-type]
    assert "--allow-remote" in raised.value.hint


def test_what_a_follow_up_was_understood_as_is_shown_as_text() -> None:
    meant = "MedSAM: <img src=x onerror=alert(1)> on how many images?"
    for status in ("answered", "abstained"):
        said = answer("On how many?", understood_as=meant, status=status)
        shown = reply(Turn("On how many?").after(Finished(said)), "a")
        assert "<img" not in shown
        assert f"Understood as: {meant}" in html.unescape(shown)
    assert "Understood as" not in reply(Turn("q").after(Finished(answer("q"))), "a")


def test_a_reader_gets_his_language(address: str) -> None:
    import httpx

    def get(path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{address}{path}", headers=headers, trust_env=False)

    chinese = {"accept-language": "zh-CN,zh;q=0.9"}
    led = get("/?year=2024", **chinese)
    assert led.status_code == 307
    assert led.headers["location"] == "/zh?year=2024"
    assert "向论文提问" in get("/zh").text
    chosen = get("/?lang=en", **chinese)
    assert chosen.status_code == 200
    assert "lang=en" in chosen.headers["set-cookie"]
    assert get("/", **chinese, cookie="lang=en").status_code == 200
    assert get("/", cookie="lang=zh").headers["location"] == "/zh"
    assert get("/").status_code == 200
    assert get("/config", **chinese).status_code == 200
