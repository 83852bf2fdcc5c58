"""Verdicts follow from cases, and pages from verdicts."""

import matplotlib.pyplot as plt
import pytest

from catallax import lab
from catallax.lab import Claim, Context, Finding, Report


def test_a_claim_that_holds_in_some_cases_depends_on_them() -> None:
    assert Claim.judged("it helps", "x", {"a": True, "b": True}, "why").verdict == "supported"
    assert Claim.judged("it helps", "x", {"a": False}, "why").verdict == "not supported"
    assert Claim.judged("it helps", "x", {"a": True, "b": False}, "why").verdict == "depends on"
    with pytest.raises(ValueError, match="expected at least one case"):
        Claim.judged("it helps", "x", {}, "why")
    with pytest.raises(
        ValueError, match=r"expected a figure for every case of 'it helps' and no other, see \['b', 'c'\]"
    ):
        Claim.judged("it helps", "x", {"a": True, "b": False}, "why", {"a": 1.0, "c": 2.0})


def test_every_claim_gets_a_page_and_a_row(tmp_path) -> None:
    claim = Claim.judged("It helps | much.", "A (2020), 3.1", {"a": True}, "Gain 0.2 [0.1, 0.3].")
    split = Claim.judged("Anywhere.", "B", {"a": True, "b": False}, "Gain, nats.", {"a": 0.5, "b": -0.5})
    report = Report(
        [Finding("c", "gain", "", "0.2", note="10 seeds")], {"curve": plt.figure()}, "More.", claims=[claim, split]
    )
    settings = lab.load_experiment("kelly_is_bayes").config()
    lab.save_report(report, Context(tmp_path / "run"), "claim_help", settings, 1.0, about="What helps.")
    plain = Report([Finding("p", "speed", "", "3")])
    lab.save_report(plain, Context(tmp_path / "plain"), "plain", settings, 1.0)
    (tmp_path / "docs").mkdir()
    lab.write_results([tmp_path / "run", tmp_path / "plain"], tmp_path / "docs" / "results.md")
    index = (tmp_path / "docs" / "claims.md").read_text(encoding="utf-8")
    assert "## [What helps](claims/claim_help.md)\n\n* **Supported**: It helps | much. *(A (2020), 3.1)*" in index
    assert "claims/plain" not in index
    page = (tmp_path / "docs" / "claims" / "claim_help.md").read_text(encoding="utf-8")
    for piece in ("# What helps\n", "> — A (2020), 3.1", "**Supported**. Gain 0.2", "_static/claim_help-curve.png", "| gain | 0.2 | 10 seeds |",
                  "**Depends on** (1 of 2 cases). Gain, nats.\n\n| case | holds | measured |\n|---|---|---|\n| a | yes | 0.5 |\n| b | no | -0.5 |",
                  "More.", "`catallax run claim_help`"):  # fmt: skip
        assert piece in page
    assert (tmp_path / "docs" / "_static" / "claim_help-curve.png").is_file()
    assert "[its page](claims/claim_help.md)" in (tmp_path / "docs" / "results.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("required", "reached", "line"),
    [("", None, "| gain | 0.2 | seen |"), ("0.3", False, "| gain | 0.3 | 0.2 | no | seen |")],
)
def test_a_page_says_what_was_asked_where_anything_was(tmp_path, required, reached, line) -> None:
    report = Report([Finding("c", "gain", required, "0.2", reached, "seen")], claims=[Claim.judged("It.", "A", {"a": True}, "So.")])  # fmt: skip
    lab.save_report(report, Context(tmp_path / "run"), "claim_asked", lab.load_experiment("kelly_is_bayes").config(), 1.0)  # fmt: skip
    (tmp_path / "docs").mkdir()
    lab.write_results([tmp_path / "run"], tmp_path / "docs" / "results.md")
    page = (tmp_path / "docs" / "claims" / "claim_asked.md").read_text(encoding="utf-8")
    assert line in page and ("| asked |" in page) == bool(required)
