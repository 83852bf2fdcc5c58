"""A recalled figure never stands as published, and every row reaches the page."""

import json
import shutil
from pathlib import Path

import pytest

from catallax import lab


@pytest.mark.parametrize("tag", ["recalled", "not found", "computed"])
def test_a_figure_that_was_not_read_is_refused(tag):
    with pytest.raises(ValueError, match=f"'98.7 %' is {tag} and must not stand as published"):
        lab.Reproduction("Gode and Sunder (1993)", "efficiency", "98.7 %", tag, "98.6 %", 10)


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"tag": "heard"}, "tag 'heard' is none of"), ({"seeds": 0}, "seeds must be at least 1, got 0")],
)
def test_a_row_says_what_is_wrong_with_it(fields, said):
    row = {"source": "A", "case": "c", "published": "", "tag": "read", "ours": "1", "seeds": 3}
    with pytest.raises(ValueError, match=f"Reproduction 'c': {said}"):
        lab.Reproduction(**{**row, **fields})


def test_the_row_of_many_seeds_has_their_mean_and_an_interval_around_it():
    row = lab.reproduced("A", "c", "1.7", "read", [1.5, 1.7, 1.6, 1.8], digits=3, unit="ticks")
    low, high = (float(word) for word in row.interval.split(" to "))
    assert row.ours == "1.650 ticks" and row.seeds == 4 and 1.5 <= low < 1.65 < high <= 1.8


def test_a_seed_without_a_figure_is_refused():
    with pytest.raises(ValueError, match="reproduced 'c': expected numbers"):
        lab.reproduced("A", "c", "", "not found", [1.0, float("nan")])


def test_the_page_groups_the_rows_by_source_and_leaves_no_false_publication(tmp_path):
    rows = [
        lab.Reproduction("B (1994)", "x | y", "", "recalled", "3", 10, note="recalled: 4"),
        lab.Reproduction("A (1989)", "z", "5", "read", "6", 30, "5 to 7"),
    ]
    for name, row in zip(("late", "early"), rows, strict=True):
        content = {"experiment": name, "config": {}, "seconds": 1.0, "findings": [], "figures": [], "text": ""}
        (tmp_path / name).mkdir()
        (tmp_path / name / "findings.json").write_text(json.dumps({**content, "reproductions": [vars(row)]}))
    lab.write_results([tmp_path / "late", tmp_path / "early"], tmp_path / "results.md")
    page = (tmp_path / "reproductions.md").read_text()
    assert page.index("## A (1989)") < page.index("## B (1994)")
    assert r"| x \| y | — | recalled | 3 | 10 | — | recalled: 4 | `catallax run late` |" in page
    assert "| z | 5 | read | 6 | 30 | 5 to 7 |  | `catallax run early` |" in page


def test_without_rows_there_is_no_page(tmp_path):
    content = {"experiment": "plain", "config": {}, "seconds": 1.0, "findings": [], "figures": [], "text": ""}
    (tmp_path / "findings.json").write_text(json.dumps(content))
    lab.write_results([tmp_path], tmp_path / "results.md")
    assert not (tmp_path / "reproductions.md").exists()


def _ran(folder, name, measured, figures=()):
    folder.mkdir()
    found = {"row": "a", "case": name, "required": "", "measured": measured, "reached": None, "note": ""}
    content = {"experiment": name, "config": {}, "seconds": 1.0, "findings": [found], "figures": figures, "text": ""}
    (folder / "findings.json").write_text(json.dumps(content))
    for title in figures:
        (folder / f"{title}.png").write_bytes(f"{name} {title} {measured}".encode())
    return folder


def test_an_experiment_that_is_repeated_replaces_its_own_rows_and_figures_alone(tmp_path):
    page = tmp_path / "results.md"
    lab.write_results(
        [_ran(tmp_path / "1", "one", "old", ["p", "q"]), _ran(tmp_path / "2", "two", "kept", ["p"])], page
    )
    lab.write_results([_ran(tmp_path / "3", "one", "new", ["p"])], page)
    assert "| a | one |  | new |" in page.read_text() and "| a | two |  | kept |" in page.read_text()
    assert "old" not in page.read_text()
    pictures = {file.name: file.read_bytes() for file in (tmp_path / "_static").iterdir()}
    assert pictures == {"one-p.png": b"one p new", "two-p.png": b"two p kept"}


def test_a_missing_figure_leaves_everything_as_it_was(tmp_path):
    page = tmp_path / "results.md"
    lab.write_results([_ran(tmp_path / "1", "one", "old")], page)
    broken = _ran(tmp_path / "2", "one", "new", ["p"])
    (broken / "p.png").unlink()
    with pytest.raises(lab.RunFolderError, match=r"figure p.png is missing"):
        lab.write_results([broken], page)
    lab.write_results([], page)
    assert "old" in page.read_text()


def test_a_page_that_cannot_be_written_leaves_everything_as_it_was(tmp_path):
    page = tmp_path / "docs" / "results.md"
    page.parent.mkdir()
    lab.write_results([_ran(tmp_path / "1", "one", "old", ["p"])], page)
    before = {file: file.read_bytes() for file in page.parent.rglob("*.*")}
    odd = _ran(tmp_path / "2", "one", "new", ["p"])
    content = json.loads((odd / "findings.json").read_text())
    (odd / "findings.json").write_text(json.dumps(content | {"reproductions": [{"source": "A"}]}))
    with pytest.raises(KeyError, match="case"):
        lab.write_results([odd], page)
    assert {file: file.read_bytes() for file in page.parent.rglob("*.*")} == before


def test_the_committed_pages_are_those_of_the_committed_findings(tmp_path):
    docs = Path(__file__).parents[2] / "docs"
    shutil.copytree(docs / "findings", tmp_path / "findings")
    lab.write_results([], tmp_path / "results.md")
    for page in ("results.md", "reproductions.md"):
        assert (tmp_path / page).read_text() == (docs / page).read_text()
    assert {file.stem for file in (docs / "findings").iterdir()} <= set(lab.experiment_names())
