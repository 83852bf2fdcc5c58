"""The documentation is complete and its programs run."""

import importlib.util
import inspect
import re
import sys
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


def _marks(name: str, block: str) -> list[pytest.MarkDecorator]:
    """Recipes that train compile for longer than the fast tests can wait, all together."""
    return [pytest.mark.long] if "cookbook" in name and "cx.train(" in block else []


@pytest.mark.parametrize(
    "program", [pytest.param(block, id=name, marks=_marks(name, block)) for name, block in programs()]
)
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
    made = ("YOURS", "docs/_build")  # by the reader, by a command
    assert not [path for path in paths if not (ROOT / path).exists() and not any(part in path for part in made)]


def test_every_picture_is_drawn_by_a_command_and_hangs_in_the_gallery() -> None:
    spec = importlib.util.spec_from_file_location("gallery", DOCS / "_gallery.py")
    assert spec is not None and spec.loader is not None
    hung = importlib.util.module_from_spec(spec)
    sys.modules["gallery"] = hung  # dataclasses look their own module up
    spec.loader.exec_module(hung)
    shown = hung.pictures()
    assert sorted(one.file for one in shown) == sorted(path.name for path in (DOCS / "_static").iterdir()), (
        "a picture is written by `catallax results` from findings, or by a script named in docs/_gallery.py"
    )
    for one in shown:
        words = one.command.split()
        assert (ROOT / words[0]).is_file() or (ROOT / "experiments" / f"{words[-1]}.py").is_file()
        assert (DOCS / one.page.split("#")[0]).is_file()


def _documented(room: str) -> list[tuple[str, object]]:
    module = importlib.import_module(f"catallax.{room}")
    found = []
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.ismodule(thing):
            found += [(f"{room}.{name}.{part}", getattr(thing, part)) for part in getattr(thing, "__all__", ())]
        else:
            found.append((f"{room}.{name}", thing))
    return [(name, thing) for name, thing in found if inspect.isclass(thing) or inspect.isfunction(thing)]


@pytest.mark.parametrize("room", ROOMS)
def test_public_names_say_what_they_are_and_what_their_arrays_hold(room: str) -> None:
    """One sentence for each class and function, and a line for each array that a function takes."""
    silent, unsaid = [], []
    for name, thing in _documented(room):
        about = inspect.cleandoc(thing.__doc__ or "")
        first = about.split("\n\n")[0]
        if not first.rstrip().endswith((".", ":", "`", ")", "?")) or thing.__doc__ == getattr(tuple, "__doc__", ""):
            silent.append(name)
        if inspect.isfunction(thing):
            arrays = [
                argument
                for argument, kind in inspect.get_annotations(thing).items()
                if argument not in ("return", "key") and re.search(r"(Float|Int|UInt32|Bool|Shaped)\[", str(kind))
            ]
            unsaid += [
                f"{name}({argument})"
                for argument in arrays
                if f"{argument}:" not in about and f"`{argument}`" not in about
            ]
    assert not silent, "give each a docstring whose first paragraph is a sentence"
    assert not unsaid, "say in the docstring (Args) what each array holds, with axes and unit"
