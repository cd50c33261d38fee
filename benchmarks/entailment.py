"""How well the check of sentences tells what follows from a quote, on pairs that others wrote.

    python -m benchmarks.entailment

The pairs of `shared/verification`, as `fmqa eval --pairs` scores them.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.common import data_folder, options_parser, print_table, write_results
from benchmarks.processes import command, run


def main() -> None:
    """Score the pairs, print the figures and keep them."""
    options_parser(__doc__).parse_args()
    pairs = data_folder().parent / "verification" / "dev.jsonl"
    scored = run(command("eval", "--json", "--llm", "none", "--pairs", pairs), {}).output
    figures: dict[str, Any] = json.loads(scored)
    shown = [(name, figures[name]) for name in figures if isinstance(figures[name], float)]
    print_table("verification/dev", shown)
    write_results("entailment", {"verification/dev": figures})


if __name__ == "__main__":
    main()
