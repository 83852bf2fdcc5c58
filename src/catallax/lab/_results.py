"""The results page: findings of many experiments as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_HEAD = """# Results

Written by `make reproduce` from the findings of the committed experiments. Every figure was measured by the command
beside it; nothing is typed in by hand.

| row | case | required | measured | | command |
|---|---|---|---|---|---|
"""


def results_page(contents: Iterable[dict[str, Any]]) -> str:
    """Markdown for the contents of several `findings.json`, one section each after a common table."""
    rows, sections = [], []
    for content in contents:
        command = f"`catallax run {content['experiment']}`"
        for f in content["findings"]:
            mark = {True: "reached", False: "**missed**", None: ""}[f["reached"]]
            cells = [f["row"], f["case"], f["required"], f["measured"], mark, command]
            rows.append((f["row"], "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"))
        sections.append(_section(content))
    table = "\n".join(line for _, line in sorted(rows, key=lambda row: row[0]))
    return _HEAD + table + "\n\n" + "\n".join(sections)


def _section(content: dict[str, Any]) -> str:
    notes = [f"* {f['case']}: {f['note']}" for f in content["findings"] if f["note"]]
    settings = ", ".join(f"{name} = {value}" for name, value in content["config"].items())
    parts = [
        f"## {content['experiment']}",
        f"Settings: {settings}. Took {content['seconds']:.0f} s.",
        *notes,
        content["text"],
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
