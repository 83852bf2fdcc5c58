"""The results page: findings of many experiments as Markdown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from catallax.lab._claims_page import claim_page, claims_page
from catallax.lab._files import RunFolderError
from catallax.lab._markdown import line, settings, table

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
    taken: dict[str, Path] = {}
    for folder in folders:
        name = _checked(folder)["experiment"]
        if name in taken:
            raise RunFolderError(
                f"run folder {folder}: holds {name} like {taken[name]}, and they "
                "would overwrite each other; leave one of them out."
            )
        taken[name] = folder
    kept = out.parent / "findings"
    kept.mkdir(parents=True, exist_ok=True)
    _all_kept(kept)
    for name, folder in taken.items():
        _take_over(name, folder, kept, out.parent / "_static")
    contents = _all_kept(kept)
    if not contents:
        raise RunFolderError(f"{kept}: holds no findings; give the run folders of finished experiments.")
    out.write_text(results_page(contents), encoding="utf-8")
    if any(content.get("reproductions") for content in contents):
        (out.parent / "reproductions.md").write_text(reproductions_page(contents), encoding="utf-8")
    tested = [content for content in contents if content.get("claims")]
    if tested:
        pages = out.parent / "claims"
        pages.mkdir(exist_ok=True)
        (out.parent / "claims.md").write_text(claims_page(tested), encoding="utf-8")
        for content in tested:
            (pages / f"{content['experiment']}.md").write_text(claim_page(content), encoding="utf-8")


def _checked(folder: Path) -> dict[str, Any]:
    """A run folder's findings, once every figure that they name is known to be there."""
    file = folder / "findings.json"
    if not file.is_file():
        raise RunFolderError(f"run folder {folder}: holds no findings.json; {_again(folder)}")
    content = _parsed(file, _again(folder))
    for title in content["figures"]:
        if not (folder / f"{title}.png").is_file():
            raise RunFolderError(f"run folder {folder}: figure {title}.png is missing; {_again(folder)}")
    return content


def _parsed(file: Path, fix: str) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunFolderError(f"{file}: half-written or not JSON ({error}); {fix}") from error


def _all_kept(kept: Path) -> list[dict[str, Any]]:
    """The findings beside the page, by the names of their experiments."""
    return [_parsed(file, "take its experiment's run folder over again.") for file in sorted(kept.glob("*.json"))]


def _take_over(name: str, folder: Path, kept: Path, pictures: Path) -> None:
    pictures.mkdir(exist_ok=True)
    for old in pictures.glob(f"{name}-*.png"):
        old.unlink()
    shutil.copyfile(folder / "findings.json", kept / f"{name}.json")
    for title in _parsed(kept / f"{name}.json", _again(folder))["figures"]:
        shutil.copyfile(folder / f"{title}.png", pictures / f"{name}-{title}.png")


def _again(folder: Path) -> str:
    return f"let an experiment write it (catallax run NAME --out {folder})."


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
    tables: dict[str, list[str]] = {}
    for content in contents:
        for row in content.get("reproductions", []):
            cells = [row["case"], row["published"] or "—", row["tag"], row["ours"], str(row["seeds"]), row["interval"] or "—",
                     row["note"], f"`catallax run {content['experiment']}`"]  # fmt: skip
            tables.setdefault(row["source"], []).append(line(cells))
    head = "| case | published | tag | ours | seeds | interval | note | command |\n|---|---|---|---|---|---|---|---|\n"
    return (
        _REPRODUCTIONS
        + "\n\n".join(f"## {source}\n\n{head}" + "\n".join(rows) for source, rows in tables.items())
        + "\n"
    )


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
