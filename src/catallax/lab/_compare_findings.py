"""What several runs of one experiment found, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catallax.lab._files import RunFolderError
from catallax.lab._findings import read_findings


def compare_findings(folders: Sequence[str | Path]) -> tuple[list[str], list[list[str]]]:
    """Put the findings of several runs of one experiment into one table: a row for each finding, a column for each run.

    Settings in which the runs differ come first.

    Args:
        folders: each with the `findings.json` of a finished run.

    Returns:
        Head and rows, for `markdown_table`.

    Raises:
        RunFolderError: if one has no findings, or they are of different experiments.
    """
    contents = [read_findings(Path(folder)) for folder in folders]
    names = sorted({content["experiment"] for content in contents})
    if len(names) != 1:
        raise RunFolderError(
            f"compare: findings are of different experiments, {', '.join(names)}; compare runs of one at a time."
        )
    configs = [content["config"] for content in contents]
    settings = sorted({name for config in configs for name in config})
    rows = [["setting", name, *values] for name in settings if len(set(values := [str(config.get(name, "")) for config in configs])) > 1]  # fmt: skip
    measured = [{(f["row"], f["case"]): f["measured"] for f in content["findings"]} for content in contents]
    cases = dict.fromkeys(case for found in measured for case in found)
    rows += [[row, case, *(found.get((row, case), "") for found in measured)] for row, case in cases]
    return ["row", "case", *map(str, folders)], rows
