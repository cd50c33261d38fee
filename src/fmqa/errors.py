"""The tree of errors. Each says in words what went wrong and what the user can do about it.

FmqaError
├── UsageError               a question, filter or path that can't be used
│   └── AmbiguousName        a name that several papers go by
├── SettingsError            a setting that doesn't hold
├── ReadingError             one file that could not be read; carries its outcome
├── SourceError              a service that papers come from
│   ├── SourceUnreachable    it doesn't answer; the next run goes on where this one stopped
│   ├── SourceRefused        it answers that the request is wrong
│   └── NotServed            it has no such paper, or no usable PDF of it
├── StoreError
│   ├── RecordBusy           another process is writing
│   ├── RecordDamaged        the record itself can't be read
│   ├── RecordUnreachable    the server that keeps the record doesn't answer
│   ├── ForeignIndex         an index or record made by another model or a newer program
│   └── DiskFull             no room to write
├── ModelError
│   ├── ModelMissing         a model's files aren't on this machine
│   ├── ModelCorrupt         a model's files don't match their SHA-256
│   ├── ModelSilent          a model answered, with nothing that could be said
│   └── ModelUnavailable     a model's source or provider can't be reached, or refuses the key
├── ClusterError             the workers of a cluster can't do their work
│   ├── ClusterUnreachable   its scheduler doesn't answer, or has no worker
│   └── WorkerMismatch       a worker isn't set up as the ingesting process is
├── NothingToSearch          the library is empty
└── Busy                     a served library takes no more questions now
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from fmqa.types import Outcome


class FmqaError(Exception):
    """Base of all errors meant for the user.

    Args:
        message: what went wrong, one sentence.
        hint: what the user can do about it; a class has one of its own where none is given.
    """

    hint: str = ""
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class UsageError(FmqaError):
    """Input that can't be used as it is."""

    exit_code = 2


class AmbiguousName(UsageError):
    """Several papers go by a name.

    Args:
        message: which name.
        choices: id and name of each paper.
    """

    def __init__(self, message: str, choices: Sequence[tuple[str, str]]) -> None:
        told = "; ".join(f"{paper_id} ({name})" for paper_id, name in choices)
        super().__init__(message, hint=f"Say which: {told}.")
        self.choices = tuple(choices)


class SettingsError(FmqaError):
    """A setting has a value that doesn't hold."""

    hint = "See `fmqa config` for every setting, its value and where it comes from."
    exit_code = 2


class ReadingError(FmqaError):
    """One file could not be read. ``outcome`` is how it is recorded."""

    hint = "The file was skipped; `fmqa ingest --retry PATH` reads it again."

    def __init__(self, outcome: Outcome, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.outcome = outcome


class SourceError(FmqaError):
    """arXiv or Semantic Scholar can't serve what was asked."""


class SourceUnreachable(SourceError):
    """The service doesn't answer, after all tries."""

    hint = "What was fetched is kept; run the same command again and it goes on from there."
    exit_code = 4


class SourceRefused(SourceError):
    """The service says that the request is wrong, such as a malformed id or query."""

    hint = "Check the arXiv id or the query."


class NotServed(SourceError):
    """The service has no such paper, or sends something else than its PDF."""

    hint = "The paper was skipped; `fmqa ingest --retry` asks for it again."


class StoreError(FmqaError):
    """The record or its index can't serve."""

    hint = "`fmqa doctor` says what is wrong and what to run."


class RecordBusy(StoreError):
    """Another process holds the writer's lock."""

    hint = "Wait until it has ended; questions can be asked meanwhile."


class RecordUnreachable(StoreError):
    """The database server that keeps the record doesn't answer, or went away."""

    hint = "Check FMQA_DATABASE_URL, and that PostgreSQL runs there."


class RecordDamaged(StoreError):
    """The record can't be read."""

    hint = "Move the named file away and run `fmqa ingest` again; the PDFs are kept."


class ForeignIndex(StoreError):
    """The record was embedded by another model, or written by a newer fmqa."""

    hint = "`fmqa index --rebuild` embeds the record again with the model that is set now."


class DiskFull(StoreError):
    """No room left where the data folder is."""

    hint = "Free some space and run the same command again: it goes on where it stopped."


class ModelError(FmqaError):
    """A model can't be used."""


class ModelMissing(ModelError):
    """The model's files are not here."""

    hint = "Run `fmqa models pull`."


class ModelCorrupt(ModelError):
    """The model's files are not the publisher's."""

    hint = "Run `fmqa models pull --force` to fetch them again."


class ModelSilent(ModelError):
    """A model answers, but gives no answer: nothing, a refusal, or what no quote carries."""

    hint = "Ask again, or set another model with FMQA_LLM."


class ModelUnavailable(ModelError):
    """A source, provider or server of a model doesn't answer or refuses."""

    hint = (
        "Check the network, FMQA_LLM and its key, or set FMQA_LLM=none for the papers' own words."
    )


class ClusterError(FmqaError):
    """Papers can't be read and embedded on the cluster."""

    hint = "Look at what the workers say, or ingest without --cluster."


class ClusterUnreachable(ClusterError):
    """The scheduler doesn't answer, or has had no worker for long."""

    hint = (
        "See that `fmqa workers scheduler` and `fmqa workers start` run, and run the same command "
        "again: what was committed stays."
    )
    exit_code = 4


class WorkerMismatch(ClusterError):
    """A worker has another version of fmqa or another model."""

    hint = "Start the workers with this version of fmqa and the same FMQA_EMBEDDING_MODEL."


class NothingToSearch(FmqaError):
    """No passage is in the library, or none that the filters let through."""

    hint = "Run `fmqa ingest` with PDF files or folders, or loosen the filters."


class Busy(FmqaError):
    """Too many questions wait already, or the program is about to end."""

    hint = "Ask it again in a moment."
