"""The results page: findings of many experiments as Markdown."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from catallax.lab._claims_page import claim_page, claims_page
from catallax.lab._files import RunFolderError
from catallax.lab._findings import parsed, read_findings, written_by
from catallax.lab._markdown import settings, table

_HEAD = """# Results

Written by `make reproduce` from the findings of the committed experiments. Every figure was measured by the command
beside it; nothing is typed in by hand. What is required was set by this project; rows of the same name belong together.

"""

_REPRODUCTIONS = """# Reproductions

What the sources say beside what we measured, written by `make reproduce`. The tag tells where a source's figure comes from:
*read* in the source or *in a secondary source*, *computed* by us, exactly, for the same problem, *recalled* without the
source at hand, *not found*. Only a figure that was read stands under "published"; the note tells the others. Seeds are the
independent runs behind our figure; the interval holds 95 % of the means of resampled seeds.

"""


def write_results(folders: Sequence[Path], out: Path) -> None:
    """Take over what finished experiments found, and write the page of everything found so far.

    `findings/EXPERIMENT.json` beside the page keeps each experiment's newest findings, `_static` its figures, so that
    one experiment can be repeated alone: the rows of the others stay. `reproductions.md` is written beside the page
    where a source has figures of its own, and for experiments that put claims to the test `claims.md` with a page each
    in `claims`.

    Args:
        folders: each with the `findings.json` and the figures that `save_report` wrote; none writes the pages again.
        out: the page.

    Raises:
        RunFolderError: if findings or figures are missing, damaged, or would overwrite each other; nothing is changed.
    """
    taken: dict[str, tuple[Path, dict[str, Any]]] = {}
    for folder in folders:
        content = _checked(folder)
        name = content["experiment"]
        if name in taken:
            raise RunFolderError(
                f"run folder {folder}: holds {name} like {taken[name][0]}, and they "
                "would overwrite each other; leave one of them out."
            )
        taken[name] = folder, content
    kept = out.parent / "findings"
    contents = _kept(kept) | {f"{name}.json": content for name, (_, content) in taken.items()}
    if not contents:
        raise RunFolderError(f"{kept}: holds no findings; give the run folders of finished experiments.")
    # all pages before the first file is touched
    pages = _pages([contents[file] for file in sorted(contents)], out)
    for folder, content in taken.values():
        _take_over(folder, content, kept, out.parent / "_static")
    for page, text in pages.items():
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")


def _checked(folder: Path) -> dict[str, Any]:
    """A run folder's findings, once every figure that they name is known to be there."""
    content = read_findings(folder)
    for title in content["figures"]:
        if not (folder / f"{title}.png").is_file():
            raise RunFolderError(f"run folder {folder}: figure {title}.png is missing; {written_by(folder)}")
    return content


def _kept(place: Path) -> dict[str, dict[str, Any]]:
    """The findings beside the page, by the names of their files."""
    return {file.name: parsed(file, "take its experiment's run folder over again.") for file in place.glob("*.json")}


def _pages(contents: Sequence[dict[str, Any]], out: Path) -> dict[Path, str]:
    """What stands on each page."""
    pages = {out: results_page(contents)}
    if any(content.get("reproductions") for content in contents):
        pages[out.parent / "reproductions.md"] = reproductions_page(contents)
    tested = [content for content in contents if content.get("claims")]
    if tested:
        pages[out.parent / "claims.md"] = claims_page(tested)
    return pages | {out.parent / "claims" / f"{content['experiment']}.md": claim_page(content) for content in tested}


def _take_over(folder: Path, content: dict[str, Any], kept: Path, pictures: Path) -> None:
    name = content["experiment"]
    for place in (kept, pictures):
        place.mkdir(parents=True, exist_ok=True)
    for old in pictures.glob(f"{name}-*.png"):
        old.unlink()
    shutil.copyfile(folder / "findings.json", kept / f"{name}.json")
    for title in content["figures"]:
        shutil.copyfile(folder / f"{title}.png", pictures / f"{name}-{title}.png")


def _picture(content: dict[str, Any], title: str) -> str:
    return f"_static/{content['experiment']}-{title}.png"


def results_page(contents: Iterable[dict[str, Any]]) -> str:
    """Markdown for the contents of several `findings.json`: what was missed, an index, and a section each.

    Figures are linked as `_static/EXPERIMENT-TITLE.png`, where `write_results` puts them.
    """
    contents = list(contents)
    asked = [(content, f) for content in contents for f in content["findings"] if f["reached"] is not None]
    missed = [
        [_link(content), f["row"], f["case"], f["required"], f["measured"]] for content, f in asked if not f["reached"]
    ]
    parts = [
        f"{len(asked)} figures have a requirement; {len(missed)} of them miss it.",
        "## Missed\n\n" + table(["experiment", "row", "case", "required", "measured"], missed) if missed else "",
        "## Experiments\n\n"
        + table(["experiment", "rows", "figures", "required", "of them reached"], map(_indexed, contents)),
        *map(_section, contents),
    ]
    return _HEAD + "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _link(content: dict[str, Any]) -> str:
    # how Markdown makes an anchor of a heading
    return f"[{content['experiment']}](#{content['experiment'].lower().replace(' ', '-')})"


def _indexed(content: dict[str, Any]) -> list[str]:
    """A row of the index."""
    rows = ", ".join(dict.fromkeys(f["row"] for f in content["findings"]))
    asked = [f["reached"] for f in content["findings"] if f["reached"] is not None]
    counts = [str(len(content["findings"])), str(len(asked)), str(sum(asked))]
    return [_link(content), rows, *(counts if asked else [counts[0], "", ""])]


def reproductions_page(contents: Iterable[dict[str, Any]]) -> str:
    """Markdown for the reproductions in several `findings.json`, one table for each source."""
    head = ["case", "published", "tag", "ours", "seeds", "interval", "note", "command"]
    rows: dict[str, list[list[str]]] = {}
    for content in contents:
        for row in content.get("reproductions", []):
            rows.setdefault(row["source"], []).append([
                row["case"], row["published"] or "—", row["tag"], row["ours"], str(row["seeds"]), row["interval"] or "—",
                row["note"], f"`catallax run {content['experiment']}`",
            ])  # fmt: skip
    sections = "\n\n".join(f"## {source}\n\n{table(head, those)}" for source, those in rows.items())
    return _REPRODUCTIONS + sections + "\n"


def _section(content: dict[str, Any]) -> str:
    if content.get("claims"):
        return f"## {content['experiment']}\n\nSee [its page](claims/{content['experiment']}.md).\n"
    mark = {True: "reached", False: "**missed**", None: ""}
    rows = [[f["row"], f["case"], f["required"], f["measured"], mark[f["reached"]]] for f in content["findings"]]
    notes = [f"* {f['case']}: {f['note']}" for f in content["findings"] if f["note"]]
    parts = [
        f"## {content['experiment']}",
        f"`catallax run {content['experiment']}` writes this anew. {settings(content)}",
        table(["row", "case", "required", "measured", ""], rows) if rows else "",
        "\n".join(notes),
        content["text"],
        *(f"![{title}](<{_picture(content, title)}>)" for title in content["figures"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
