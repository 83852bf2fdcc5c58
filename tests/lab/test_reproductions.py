"""A recalled figure never stands as published, and every row reaches the page."""

import json

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
    assert page.index("## B (1994)") < page.index("## A (1989)")
    assert r"| x \| y | — | recalled | 3 | 10 | — | recalled: 4 | `catallax run late` |" in page
    assert "| z | 5 | read | 6 | 30 | 5 to 7 |  | `catallax run early` |" in page


def test_without_rows_there_is_no_page(tmp_path):
    content = {"experiment": "plain", "config": {}, "seconds": 1.0, "findings": [], "figures": [], "text": ""}
    (tmp_path / "findings.json").write_text(json.dumps(content))
    lab.write_results([tmp_path], tmp_path / "results.md")
    assert not (tmp_path / "reproductions.md").exists()
