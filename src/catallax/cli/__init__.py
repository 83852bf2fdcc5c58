"""The command line: `catallax list | run | report | compare | check`."""

from catallax.cli._main import main

__all__ = ["main"]
