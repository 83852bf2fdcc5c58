"""The commands the README promises: targets of the Makefile, and what CI runs."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("demo", "test", "bench", "reproduce", "claims", "docs", "lint")
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


STUB = """#!/bin/sh
echo "$(basename $0) $*" >> log
case "$*" in run*) test $2 = {name} && exit {code};; esac
exit 0
"""


def stubbed(tmp_path: Path, target: str, name: str, code: int) -> tuple[int, list[str]]:
    """Exit status and calls of a target whose `catallax run NAME` ends with `code`."""
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text(encoding="utf-8"), encoding="utf-8")
    names = ("claim_one", "claim_two")
    made = [file for name in names for file in (f"experiments/{name}.py", f"runs/{name}/findings.json")]
    for file in ("pyproject.toml", *made):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for tool in ("catallax", "python"):
        stub = tmp_path / ".venv" / "bin" / tool
        stub.write_text(STUB.format(name=name, code=code), encoding="utf-8")
        stub.chmod(0o755)
    for made in ("dev", "bench", "reasoning", "trl"):
        (tmp_path / ".venv" / f"made-{made}").touch()
    done = subprocess.run(["make", target], cwd=tmp_path, capture_output=True, timeout=60)
    return done.returncode, (tmp_path / "log").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("target", ["reproduce", "claims"])
@pytest.mark.parametrize(("code", "goes_on"), [(0, True), (1, True), (2, False), (137, False)])
def test_experiments_go_on_after_a_missed_requirement_alone(
    tmp_path: Path, target: str, code: int, goes_on: bool
) -> None:
    status, calls = stubbed(tmp_path, target, "claim_one", code)
    rest = ["run claim_two --no-progress", "results runs/claim_one runs/claim_two"] if goes_on else []
    assert calls == [f"catallax {call}" for call in ("run claim_one --no-progress", *rest)]
    assert (status == 0) == goes_on
    # old ones would pass for new ones
    assert not list((tmp_path / "runs").rglob("findings.json"))


@pytest.mark.parametrize(("code", "goes_on"), [(0, True), (1, True), (2, False)])
def test_bench_measures_all_and_fails_if_one_misses(tmp_path: Path, code: int, goes_on: bool) -> None:
    status, calls = stubbed(tmp_path, "bench", "speed_chain", code)
    assert calls == ["python benchmarks/beta.py", "catallax run speed_chain", *(["catallax run speed_bids"] * goes_on)]
    assert (status == 0) == (code == 0)


def test_ci_ends_with_the_readmes_test_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").split("\n")
    assert lines[-2:] == ["make test", ""]
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_dependency_has_an_upper_bound() -> None:
    """The one exception is torch, whose other builds can be far larger."""
    wanted = PROJECT["dependencies"] + [d for extra in PROJECT["optional-dependencies"].values() for d in extra]
    assert {d for d in wanted if re.search(r"<|==|~=", d)} == {"torch==2.13.0"}


def test_tests_and_demo_need_no_torch() -> None:
    extras = PROJECT["optional-dependencies"]
    assert not [d for name in ("dev", "demo", "docs") for d in extras[name] if "torch" in d or "baselines3" in d]


def test_changelog_knows_the_version() -> None:
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_files_of_tests_have_names_of_their_own() -> None:
    """Pytest imports them by these names alone; two of the same collide wherever both are collected."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
