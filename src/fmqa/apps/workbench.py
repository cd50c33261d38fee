"""The parts put together from the settings, each made when it is first used.

Every app (command line, chat, Python API) works through one of these, so that all of them set up
the same things in the same order: models, library, starter notes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fmqa.errors import ModelMissing, SettingsError
from fmqa.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.retrievers import BaseRetriever

    from fmqa.answering.asking import LanguageModel
    from fmqa.answering.caching import CachingAssistant
    from fmqa.answering.drafting import Drafter
    from fmqa.answering.marking import EvidenceMarker
    from fmqa.answering.multilingual import MultilingualAssistant
    from fmqa.answering.suggesting import Suggester
    from fmqa.answering.verification import CheckingVerifier
    from fmqa.proofing.proofreader import Proofreader
    from fmqa.reading.page_images import PageImages
    from fmqa.reading.pool import ReadLimits
    from fmqa.retrieval.search import Searcher
    from fmqa.store.library import Library
    from fmqa.survey.facet_maker import FacetMaker
    from fmqa.sync.ingestor import Engine, Ingestor
    from fmqa.sync.run_types import Request, SyncReport
    from fmqa.types import Embedder
    from fmqa.weights.catalog import Model
    from fmqa.weights.llama import LocalServer

Step = Callable[[str, int, int], None]
Notify = Callable[[str], None]
T = TypeVar("T")


class part(Generic[T]):  # noqa: N801 - it is used as a decorator, as `property` is
    """A property that is made once, by one thread at a time, under the lock of its owner.

    `functools.cached_property` has, up to Python 3.11, a lock for each property, which two threads
    that make parts of each other would take in opposite orders.
    """

    lock = "_guard"

    def __init__(self, make: Callable[[Any], T]) -> None:
        self.make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, bench: Any, owner: type) -> T:
        with getattr(bench, self.lock):
            held: dict[str, Any] = bench.__dict__
            if self.name not in held:
                held[self.name] = self.make(bench)
            made: T = held[self.name]
            return made


class leaf(part[T]):  # noqa: N801
    """One that needs no other part, and is wanted while others, which take long, are made."""

    lock = "_leaf_guard"


def _silent(*told: object) -> None:
    """Nobody watches."""


class Workbench:
    """The program's parts for one data folder.

    Args:
        settings: what to make them from.
        step: told of long steps as (label, done, total), for a progress bar.
        notify: told in words of what is waited for.
    """

    def __init__(self, settings: Settings, step: Step = _silent, notify: Notify = _silent) -> None:
        self.settings = settings
        self.step = step
        self.notify = notify
        self._guard = RLock()
        self._leaf_guard = Lock()

    @leaf
    def library(self) -> Library:
        """The record and its index, without looking at what is in them."""
        from fmqa.store.library import Library

        settings = self.settings
        return Library(settings.index_dir, settings.record_path, settings.database_url)

    @leaf
    def page_images(self) -> PageImages:
        """What draws pages of PDFs."""
        from fmqa.reading.page_images import PageImages

        return PageImages()

    @part
    def embedder(self) -> Embedder:
        """The embedding model, fetched when it isn't here."""
        from fmqa.store.embedding import make_embedder
        from fmqa.weights.catalog import MINILM

        return self._with_model(MINILM, make_embedder)

    @part
    def ingestor(self) -> Ingestor:
        """What brings documents into the library."""
        from fmqa.sync.ingestor import Ingestor

        model = self.embedder.fingerprint
        return Ingestor(self.library, model, self.embedder.embed_array, self._engine(model))

    def _engine(self, model: str) -> Engine | None:
        """The cluster that reads and embeds, where the settings name one."""
        settings = self.settings
        if not settings.cluster:
            return None
        from fmqa.sync.cluster.connection import needs_distributed

        with needs_distributed():
            from fmqa.sync.cluster.cluster_engine import ClusterEngine
            from fmqa.sync.cluster.connection import address_of, security

        guard = security(settings)
        return ClusterEngine(address_of(settings.cluster, tls=guard is not None), model, guard)

    @property
    def read_limits(self) -> ReadLimits:
        """What reading one file may cost.

        Raises:
            SettingsError: pages are to be recognized, and the engine isn't installed.
        """
        from fmqa.reading.pool import ReadLimits

        settings = self.settings
        if settings.ocr and not find_spec("rapidocr"):
            raise SettingsError(
                "FMQA_OCR is set, and its engine isn't installed.",
                hint="pip install 'fmqa[ocr]'",
            )
        return ReadLimits(
            seconds=settings.read_seconds * (10 if settings.ocr else 1),
            memory_mb=settings.read_memory_mb + (3072 if settings.ocr else 0),
            max_mb=settings.read_max_mb,
            max_pages=settings.read_max_pages,
            ocr=settings.ocr,
            html=settings.arxiv_html,
        )

    def synchronize(
        self, request: Request, step: Step | None = None, notify: Notify | None = None
    ) -> SyncReport:
        """Bring in what is followed on arXiv; with ``request.dry`` only say what that would be.

        Args:
            request: what to do.
            step: told of this run's progress in place of the workbench's own.
            notify: told what this run waits for, in the same way.

        Raises:
            RecordBusy: another process writes.
            DiskFull: no room; what was committed stays.
        """
        from fmqa.sources.arxiv import ArxivClient
        from fmqa.sources.crossref import CrossrefClient
        from fmqa.sources.scholar import ScholarClient
        from fmqa.sync.changelog import write_feed
        from fmqa.sync.run import plan, synchronize
        from fmqa.sync.run_types import Parts

        self.load_starter()
        settings = self.settings
        notify = notify or self.notify
        with (
            ArxivClient(settings, notify=notify) as arxiv,
            ScholarClient(settings, notify=notify) as scholar,
            CrossrefClient(settings) as crossref,
        ):
            parts = Parts(
                self.ingestor.telling(notify),
                arxiv,
                scholar,
                settings.papers_dir,
                self.read_limits,
                step or self.step,
                notify,
                settings.zotero_url,
                crossref,
            )
            if request.dry:
                return plan(parts, request)
            report = synchronize(parts, request)
        write_feed(self.library.catalog, settings.index_dir)
        if settings.digest_file is not None:
            self.write_digest(settings.digest_file)
        return report

    def write_digest(self, path: Path) -> None:
        """Write what changed since the review, as Markdown.

        Raises:
            UsageError: the file can't be written there.
        """
        from datetime import UTC, datetime

        from fmqa.files import write_whole
        from fmqa.survey.review_changes import review_changes
        from fmqa.sync.digest import as_markdown

        write_whole(path, as_markdown(review_changes(self.facets), datetime.now(UTC).date()))

    def follow(
        self, step: Step | None = None, notify: Notify | None = None, **changes: Any
    ) -> SyncReport:
        """A run over seeds.toml, as `fmqa sync` does one; ``changes`` as `Request` has fields."""
        from fmqa.sources.seeds import read_seeds, seeds_path
        from fmqa.sync.run_types import Request

        seeds = read_seeds(seeds_path(self.settings.home))
        fields: dict[str, Any] = {"kind": "sync", "seeds": seeds}
        return self.synchronize(Request(**fields | changes), step, notify)

    @part
    def searcher(self) -> Searcher:
        """The hybrid search, over a library that holds the starter notes at least."""
        from fmqa.retrieval.search import Searcher

        self.load_starter()
        return Searcher(self.library, self.embedder)

    @part
    def retriever(self) -> BaseRetriever:
        """The search as a LangChain retriever."""
        from fmqa.retrieval.retriever import PaperRetriever

        return PaperRetriever(
            searcher=self.searcher,
            limit=self.settings.passages,
            max_question_chars=self.settings.max_question_chars,
        )

    @part
    def facets(self) -> FacetMaker:
        """What says what papers are and have, with quotes, and keeps what is made of that."""
        from fmqa.survey.facet_maker import FacetMaker

        self.load_starter()
        settings = self.settings
        return FacetMaker(self.library, self.step, settings.review, settings.arxiv_pdf_url)

    def load_starter(self) -> int:
        """Bring the notes into the library where they are missing or have changed, once."""
        return self._starter

    @part
    def _starter(self) -> int:
        from fmqa.errors import RecordBusy
        from fmqa.sources.note_files import folder_mark, read_notes, starter_folder

        folder = starter_folder()
        if not folder.is_dir():
            return 0
        if self.ingestor.holds_notes(folder_mark(folder)):
            return 0
        self.step("Reading the starter library", 0, 1)
        try:
            count = self.ingestor.ingest_notes(read_notes(folder))
        except RecordBusy:
            return 0  # whoever writes now does the same, or the next question will
        self.step("Reading the starter library", 1, 1)
        return count

    @part
    def marker(self) -> EvidenceMarker:
        """What marks the sentences that answer a question."""
        from fmqa.answering.marking import make_marker

        return make_marker(self.settings, self.embedder)

    @part
    def verifier(self) -> CheckingVerifier:
        """What decides which sentences quotes carry."""
        from fmqa.answering.entailment import make_checker
        from fmqa.answering.models import writes
        from fmqa.answering.verification import CheckingVerifier

        settings = self.settings
        return CheckingVerifier(
            make_checker(settings, self.language_model, strong=writes(settings))
        )

    @part
    def assistant(self) -> MultilingualAssistant:
        """What answers questions."""
        from fmqa.answering.assistant import Assistant
        from fmqa.answering.conversation import ModelRewriter
        from fmqa.answering.evidence import EvidenceSelector
        from fmqa.answering.models import name_of_model, writes
        from fmqa.answering.multilingual import MultilingualAssistant
        from fmqa.answering.survey_questions import QuestionTeller
        from fmqa.answering.translation import Translator

        settings = self.settings
        drafter = self._drafter()
        assistant = Assistant(
            self.searcher,
            EvidenceSelector(self.marker, settings.quotes),
            drafter,
            self.verifier,
            model=name_of_model(settings.llm) if writes(settings) else "none",
            passages=settings.passages,
            pdf_url=settings.arxiv_pdf_url,
            max_question_chars=settings.max_question_chars,
            review=settings.review,
            tell=QuestionTeller(self.embedder),
        )
        model = self.language_model
        if writes(settings):
            assistant.rewrite = ModelRewriter(model, assistant.rewrite)
        translates = None if settings.llm == "none" else model
        return MultilingualAssistant(assistant, lambda: Translator(translates))

    @part
    def proofreader(self) -> Proofreader:
        """What checks drafts against the library."""
        from fmqa.answering.entailment import make_checker
        from fmqa.proofing.proofreader import Proofreader
        from fmqa.proofing.weighing import Weigher
        from fmqa.sync.matching import WorkFinder

        papers = (row.meta for row in self.library.record.papers())
        work_finder = WorkFinder(papers, self.library.catalog.facts())
        own = self.settings.model_copy(update={"checker": "local"})
        weigher = Weigher(self.searcher, make_checker(own, self.language_model, strong=False))
        asked = self.verifier.checker
        judge = asked if asked.at_once else None
        return Proofreader(weigher, work_finder, judge, self.settings.arxiv_pdf_url)

    @part
    def suggester(self) -> Suggester:
        """What finds questions to ask next."""
        from fmqa.answering.suggesting import Suggester

        return Suggester(self.assistant.inner, self.library)

    @part
    def remembering(self) -> CachingAssistant:
        """The assistant for people, who ask the same again; measurements use `assistant`."""
        from fmqa.answering.caching import CachingAssistant, relevant

        self.load_starter()
        record = self.library.record
        return CachingAssistant(
            lambda: self.assistant,
            self.library.answers,
            lambda: record.generation,
            relevant(self.settings),
        )

    @part
    def prepared(self) -> CachingAssistant:
        """The same with all that it needs loaded already, for a server."""
        assert self.assistant is not None
        self.page_images.start()
        return self.remembering

    @part
    def language_model(self) -> LanguageModel:
        """The language model that the settings name; not to be asked where that is none."""
        from fmqa.answering.models import language_model

        return language_model(self.settings, lambda: self.server)

    @part
    def server(self) -> LocalServer:
        """The local language model's server, its model fetched when it isn't here."""
        from fmqa.answering.models import local_server
        from fmqa.weights.catalog import QWEN_CODER

        return self._with_model(QWEN_CODER, local_server)

    def _drafter(self) -> Drafter:
        """The drafter that the settings name; its model is made ready in the background."""
        from fmqa.answering.arranging import common_stems
        from fmqa.answering.drafting import ExtractiveDrafter
        from fmqa.answering.models import runs_here, writes
        from fmqa.answering.synthesis import SynthesisDrafter

        settings = self.settings
        if not writes(settings):
            record = self.library.record

            @lru_cache(maxsize=1)
            def common(generation: int) -> frozenset[str]:
                """As of a state of the library: all of its titles are read for it."""
                del generation
                return common_stems(row.meta for row in record.papers())

            return ExtractiveDrafter(lambda: common(record.generation))
        if runs_here(settings.llm):
            self.server.start()
        self.language_model.start()
        return SynthesisDrafter(self.language_model, settings.evidence_tokens)

    def _with_model(self, model: Model, make: Callable[[Settings], T]) -> T:
        """What is made with a model's files, which are fetched when they aren't here."""
        try:
            return make(self.settings)
        except ModelMissing:
            from fmqa.weights.pull import pull

            pull(model, self.settings.models_dir, progress=self.step)
            return make(self.settings)

    def close(self) -> None:
        """End the child processes and close the record."""
        if "server" in self.__dict__:
            self.server.stop()
        if "page_images" in self.__dict__:
            self.page_images.close()
        if "library" in self.__dict__:
            self.library.close()
