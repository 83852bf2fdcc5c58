"""The gallery: every picture of these pages, the command that draws it, and the page that explains it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent
WRITTEN = ("results.md", "gallery.md")
"""Pages that show every picture, so that none is theirs."""

SCRIPTS = {"exchange_*.png": ("scripts/exchange_pictures.py", "The page of the exchange")}
"""Pictures that no experiment draws: their command, and what they are."""


@dataclass(frozen=True)
class Picture:
    """One picture under `_static`."""

    file: str
    command: str
    about: str
    page: str
    """The first page that shows it, from `docs`; else its place in the results."""


def pictures() -> list[Picture]:
    """Every picture that findings name or a script draws, in the order of the experiments."""
    pages = _pages()
    found = []
    for name, title in _drawn():
        file = f"{name}-{title}.png"
        page = pages.get(file, f"results.md#{name}")
        found.append(Picture(file, f"catallax run {name}", _about(name), page))
    drawn = {one.file for one in found}
    for pattern, (command, about) in SCRIPTS.items():
        files = sorted(path.name for path in (DOCS / "_static").glob(pattern) if path.name not in drawn)
        found += [Picture(file, command, about, pages[file]) for file in files]
    return found


def gallery() -> str:
    """Markdown: a card for each picture."""
    cards = []
    for one in pictures():
        alt = one.about.replace("[", "(").replace("]", ")")
        cards.append(
            f"```{{container}} card\n[![{alt}](<_static/{one.file}>)](<{one.page}>)\n\n{one.about} "
            f"[{_word(one.page)}](<{one.page}>)\n\n`{one.command}`\n```"
        )
    return "````{container} gallery\n" + "\n\n".join(cards) + "\n````"


def _drawn() -> Iterator[tuple[str, str]]:
    for path in sorted((DOCS / "findings").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for title in content["figures"]:
            yield content["experiment"], title


def _about(name: str) -> str:
    """First line of the experiment's docstring."""
    source = DOCS.parent / "experiments" / f"{name}.py"
    return (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or name).split("\n")[0]


def _pages() -> dict[str, str]:
    """The page that shows each picture; pages of rooms before the start page."""
    shown: dict[str, str] = {}
    for path in sorted(DOCS.rglob("*.md")):
        page = path.relative_to(DOCS).as_posix()
        if page in WRITTEN or page.startswith("_"):
            continue
        for file in re.findall(r"_static/([^)>\n]+\.png)", path.read_text(encoding="utf-8")):
            shown.setdefault(file, page)
    return shown


def _word(page: str) -> str:
    return "The results" if page.startswith("results.md") else "Its page"
