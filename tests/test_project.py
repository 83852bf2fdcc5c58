"""The commands the README promises: targets of the Makefile, and what CI runs."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("demo", "test", "bench", "reproduce", "docs", "lint")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("target", TARGETS)
def test_target_works_alone(target: str) -> None:
    """On a fresh clone each target makes the environment first and installs an extra that exists."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "--no-print-directory", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    extras = re.findall(r"--editable '\.\[(\w+)\]'", done.stdout)
    assert extras and set(extras) <= set(PROJECT["optional-dependencies"])
    assert "-m venv .venv" in done.stdout


def test_ci_ends_with_the_readmes_test_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").split("\n")
    assert lines[-2:] == ["make test", ""]
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_dependency_has_an_upper_bound() -> None:
    """The one exception is torch, whose CPU build has to be asked for by version."""
    wanted = PROJECT["dependencies"] + [d for extra in PROJECT["optional-dependencies"].values() for d in extra]
    assert {d for d in wanted if re.search(r"<|==|~=", d)} == {"torch==2.13.0"}


def test_ci_installs_no_torch() -> None:
    extras = PROJECT["optional-dependencies"]
    assert not [d for name in ("dev", "demo", "docs") for d in extras[name] if "torch" in d or "baselines3" in d]


def test_changelog_knows_the_version() -> None:
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
