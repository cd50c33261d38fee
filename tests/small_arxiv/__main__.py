"""``python -m tests.small_arxiv``: serves until killed; prints the settings as export lines."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from contextlib import suppress

from .faults import FAULTS
from .making import make_world
from .server import SmallArxiv


def main() -> None:
    """Serves a world."""
    parser = argparse.ArgumentParser(prog="python -m tests.small_arxiv", description=__doc__)
    parser.add_argument("--papers", type=int, default=60, help="papers that the review cites")
    parser.add_argument("--port", type=int, default=0, help="0 is any that is free")
    parser.add_argument("--seed", type=int, default=0, help="other seeds make other papers")
    parser.add_argument("--pace", type=float, default=0.01, help="FMQA_ARXIV_PACE, seconds")
    parser.add_argument("--fault", action="append", default=[], choices=list(FAULTS))
    asked = parser.parse_args()
    world = make_world(asked.papers, asked.seed)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with SmallArxiv(world, port=asked.port, pace=asked.pace) as server:
        for name in asked.fault:
            server.faults.add(FAULTS[name]())
        for name, value in server.environment().items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            server.stopping.wait()


if __name__ == "__main__":
    main()
