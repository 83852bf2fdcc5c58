"""What an experiment left in its run folder, read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catallax.lab._files import RunFolderError


def read_findings(folder: Path) -> dict[str, Any]:
    """The content of a run folder's `findings.json`.

    Raises:
        RunFolderError: if there is none, or it is damaged.
    """
    file = folder / "findings.json"
    if not file.is_file():
        raise RunFolderError(f"run folder {folder}: holds no findings.json; {written_by(folder)}")
    return parsed(file, written_by(folder))


def parsed(file: Path, fix: str) -> dict[str, Any]:
    """A file of findings, wherever it lies.

    Raises:
        RunFolderError: if it is damaged; `fix` ends the message.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunFolderError(f"{file}: half-written or not JSON ({error}); {fix}") from error


def written_by(folder: Path) -> str:
    """How to get findings into a folder."""
    return f"let an experiment write it (catallax run NAME --out {folder})."
