"""The command line: `fmqa …`.

Nothing heavy is imported until a command needs it: `fmqa --help` answers in a blink.
"""

from fmqa.apps.cli.main import main

__all__ = ["main"]
