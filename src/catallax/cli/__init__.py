"""The command line: `catallax list | run | sweep | watch | report | compare | results | check`."""

from catallax.cli._main import main

__all__ = ["main"]
