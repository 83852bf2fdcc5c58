"""The command line: `catallax list | run | report | compare | results | check`."""

from catallax.cli._main import main

__all__ = ["main"]
