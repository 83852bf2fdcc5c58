"""The documentation is complete and its programs run."""

import importlib
import re
from pathlib import Path

import pytest

import catallax as cx

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ROOMS = sorted(p.parent.name for p in ROOT.glob("src/catallax/*/__init__.py") if p.parent.name != "cli")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(p for p in DOCS.rglob("*.md") if "_build" not in p.parts),
]


def text(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_has_a_place_in_the_docs(room: str) -> None:
    names = importlib.import_module(f"catallax.{room}").__all__
    page = text(room)
    missing = [name for name in names if not re.search(rf"`(\w+\.)*{re.escape(name)}\b", page)]
    assert not missing, f"give them a row in docs/{room}.md"


def test_top_level_names_have_a_place_in_the_docs() -> None:
    page = text("index")
    assert not [name for name in cx.__all__ if f"`cx.{name}" not in page], "give them a row in docs/index.md"


@pytest.mark.parametrize("room", ROOMS)
def test_rows_name_things_that_exist(room: str) -> None:
    """The first column of every table of parts is public."""
    module = importlib.import_module(f"catallax.{room}")
    rows = re.findall(r"^\| `([A-Za-z_][\w.]*)", text(room), flags=re.MULTILINE)
    missing = []
    for row in rows:
        thing = module
        for part in row.split("."):
            thing = getattr(thing, part, None)
        if thing is None:
            missing.append(row)
    assert not missing, f"docs/{room}.md has rows for things that are not there"


def programs() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        found += [(f"{page.relative_to(ROOT)}-{number}", block) for number, block in enumerate(blocks)]
    return found


@pytest.mark.parametrize("program", [pytest.param(block, id=name) for name, block in programs()])
def test_programs_run_as_written(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "program", "exec"), {"__name__": "program"})


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_files_exist(page: Path) -> None:
    content = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(<?(?!https?:|#|mailto:)([^)>#]+)", content)
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing
    paths = re.findall(r"`((?:src|tests|docs|examples|experiments|benchmarks)/[\w./-]*\w)`", content)
    assert not [path for path in paths if not (ROOT / path).exists() and "YOURS" not in path]
