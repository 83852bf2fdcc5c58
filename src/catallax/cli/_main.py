"""`catallax`: every experiment, report and check from one command."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from rich.console import Console

from catallax.cli import _commands as commands
from catallax.cli._backtest import backtest
from catallax.cli._compare import compare
from catallax.cli._sweep import sweep
from catallax.cli._watch import watch


def _exchange(module: str, name: str, words: list[str]) -> int:
    """A command of the marketplace, whose parts are an extra."""
    try:
        from catallax.exchange.client import ExchangeError

        command = getattr(import_module(f"catallax.cli.{module}"), name)
    except ImportError as error:
        raise commands.UsageError(f"catallax {name}: {error}: pip install 'catallax[exchange]'.") from error
    try:
        return command(words)
    except ExchangeError as error:
        raise commands.UsageError(f"catallax {name}: {error}") from error


_COMMANDS: dict[str, tuple[str, Callable[[list[str]], int]]] = {
    "list": ("every experiment and what it shows", commands.list_experiments),
    "run": ("run an experiment: catallax run NAME [--field value …]", commands.run),
    "sweep": ("run an experiment at many settings: catallax sweep NAME --field value value … [--seeds N]", sweep),
    "watch": ("show a running sweep or training run in the browser: catallax watch FOLDER", watch),
    "report": ("write report.html for a run folder: catallax report RUN", commands.report),
    "compare": (
        "hold methods of several seeds against each other: catallax compare NAME=RUN,RUN NAME=RUN,RUN …",
        compare,
    ),
    "results": ("write a results page from the findings of finished experiments", commands.results),
    "check": ("check your own part: catallax check FILE.py:NAME", commands.check),
    "backtest": ("compare forecasters on resolved questions: catallax backtest FILE.py:NAME …", backtest),
    "serve": (
        "run the marketplace: catallax serve [--database URL] [--port 8000]",
        partial(_exchange, "_exchange", "serve"),
    ),
    "ask": (
        "post a request at a marketplace, and pick: catallax ask TITLE --bounty 2",
        partial(_exchange, "_traders", "ask"),
    ),
    "bid": (
        "run a supplier at a marketplace: catallax bid FILE.py:NAME, or a model: catallax bid --model.url …",
        partial(_exchange, "_traders", "bid"),
    ),
    "migrate": (
        "bring a marketplace's tables up to date: catallax migrate",
        partial(_exchange, "_exchange", "migrate"),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the `catallax` command.

    Returns:
        0 when all went well, 1 when a check or requirement failed, 2 when the command itself did (unusable
        arguments or files, a crash), 130 after Ctrl-C.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        _help()
        return 0
    if words[0] in ("-V", "--version"):
        from importlib.metadata import version

        print(f"catallax {version('catallax')}")
        return 0
    if words[0] not in _COMMANDS:
        _error(f"unknown command {words[0]!r}; expected one of {', '.join(_COMMANDS)}.")
        return 2
    _cache_compilations()
    try:
        return _COMMANDS[words[0]][1](words[1:])
    except KeyboardInterrupt as stop:
        _error(str(stop) or "stopped.")
        return 130
    except commands.USER_ERRORS as error:
        _error(str(error))
        return 1 if isinstance(error, commands.FAILED_CHECKS) else 2
    except Exception:  # Python would end with 1, which means here that something was measured and fell short
        traceback.print_exc()
        return 2


def _cache_compilations() -> None:
    """Keep compiled programs between starts, inside the folder one works in."""
    import jax

    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(Path.cwd() / ".cache" / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


def _help() -> None:
    console = Console()
    console.print("[bold]catallax[/bold]: market-based agents, trained, measured and looked at\n")
    for name, (about, _) in _COMMANDS.items():
        console.print(f"  [bold]{name:<9}[/bold] {about}")
    console.print("\n`catallax run NAME --help` explains every field of an experiment.")


def _error(message: str) -> None:
    # messages name axes in brackets, which are no markup
    Console(stderr=True).print(f"catallax: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
