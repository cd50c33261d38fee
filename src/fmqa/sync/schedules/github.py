"""A workflow of GitHub Actions that keeps a repository's library current."""

from __future__ import annotations

from itertools import pairwise

from fmqa.errors import UsageError
from fmqa.sync.schedules.job import Timetable

_MINUTE = 17
"""GitHub delays what is due on the full hour most."""
_SHORTEST_MINUTES = 5
CHANGELOG_COMMANDS = (
    "fmqa changes --format markdown > changes.md",
    "fmqa changes --format atom > changes.atom",
)
"""What the workflow runs to write the changelog and the feed that it uploads."""

_WORKFLOW = """\
# Made by `fmqa schedule install --using github`; save it as .github/workflows/fmqa-sync.yml.
# Times are UTC. GitHub may start a run late, and stops the schedules of public repositories
# that nobody has pushed to for 60 days.
name: fmqa sync

"on":
  schedule:
    - cron: "@CRON@"
  workflow_dispatch:

permissions:
  contents: read

concurrency:
  group: fmqa-sync
  cancel-in-progress: false

jobs:
  sync:
    runs-on: ubuntu-latest
    timeout-minutes: 300
    env:
      FMQA_HOME: ${{ github.workspace }}
      FMQA_MODELS_DIR: ${{ github.workspace }}/.fmqa-models
    steps:
      - uses: actions/checkout@v6
        with:
          persist-credentials: false
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
      # A cache's key can't be written twice: each run saves its own and begins from the newest.
      - uses: actions/cache/restore@v5
        with:
          path: |
            index
            corpus/papers
          key: fmqa-library-${{ github.run_id }}-${{ github.run_attempt }}
          restore-keys: fmqa-library-
      - uses: actions/cache@v5
        with:
          path: .fmqa-models
          key: fmqa-models-1
      - name: Install fmqa
        run: |
          if grep -qs '^name = "fmqa"' pyproject.toml; then
            python -m pip install --prefer-binary --editable .
          else
            python -m pip install --prefer-binary fmqa
          fi
      - name: Sync
        run: fmqa sync
      - name: Changelog
        if: always()
        run: |
@CHANGELOG@
      # Saved after a failure too: what was fetched needn't be fetched again.
      - uses: actions/cache/save@v5
        if: always()
        with:
          path: |
            index
            corpus/papers
          key: fmqa-library-${{ github.run_id }}-${{ github.run_attempt }}
      - uses: actions/upload-artifact@v6
        if: always()
        with:
          name: fmqa-changes
          path: |
            changes.md
            changes.atom
          if-no-files-found: warn
"""


def workflow(timetable: Timetable) -> str:
    """The workflow's YAML.

    Raises:
        UsageError: cron can't say the interval, or it is shorter than GitHub's shortest.
    """
    cron = timetable.as_cron(_MINUTE)
    minutes = [*cron.minutes, cron.minutes[0] + 60]
    gaps = [later - sooner for sooner, later in pairwise(minutes)]
    if min(gaps) < _SHORTEST_MINUTES:
        raise UsageError(
            f"{timetable.said!r} is too often for GitHub.",
            hint=f"Its shortest interval is {_SHORTEST_MINUTES} minutes.",
        )
    changelog = "\n".join(f"          {command}" for command in CHANGELOG_COMMANDS)
    return _WORKFLOW.replace("@CRON@", cron.text).replace("@CHANGELOG@", changelog)
