"""The report stands alone, tells the truth about the books and escapes what it prints."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from catallax import view
from catallax.lab import RunFolder, RunFolderError


def test_the_report_is_one_file_in_two_modes(folder: RunFolder) -> None:
    path = view.write_report(folder.path)
    page = path.read_text(encoding="utf-8")
    assert path == folder.path / "report.html"
    assert page.count("<figure") == len(view.names())
    assert page.count("data:image/png;base64,") == 2 * len(view.names())
    assert "prefers-color-scheme: dark" in page and "width=device-width" in page
    outside = re.findall(r'(?:src|href|srcset)="(?!data:)[^"]*"', page)
    assert not outside and "<script" not in page and "@import" not in page
    assert "98.5%" in page and "value iteration" in page and 'class="light good"' in page


def test_a_leak_turns_the_light_red_and_names_are_escaped(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, {"name": "<b>run</b>"})
    for tick, imbalance in ((64, 0), (128, 1)):
        folder.append_trace({"tick": tick, "imbalance": imbalance, "seconds": 1.0, "price_mean": np.nan})
    page = view.write_report(tmp_path).read_text(encoding="utf-8")
    assert 'class="light bad"' in page and "up to 1 grains" in page
    assert "&lt;b&gt;run&lt;/b&gt;" in page and "<b>run" not in page
    assert "not finished" in page


def test_an_unreadable_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"has no config\.json"):
        view.write_report(tmp_path)
    RunFolder.create(tmp_path, {"name": "empty"})
    with pytest.raises(RunFolderError, match=r"trace.parquet: no rows"):
        view.write_report(tmp_path)
