"""Pieces of the pages that are written from findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def line(cells: Sequence[str]) -> str:
    """A row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)])


def settings(content: dict[str, Any]) -> str:
    """With what an experiment was run, for how long and where."""
    chosen = ", ".join(f"{name} = {value}" for name, value in content["config"].items())
    return f"Settings: {chosen}. Took {content['seconds']:.0f} s{_origin(content)}."


def _origin(content: dict[str, Any]) -> str:
    origin = content.get("origin")
    if origin is None:
        return ""
    revision = f", revision {origin['git']}" if origin["git"] else ""
    return f" on {origin['cores']} CPU cores, device {origin['device']}, JAX {origin['jax']}{revision}"
