"""A newcomer's first credit: the tutorial of the exchange followed step by step on a fresh clone, the page driven in a browser."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catallax.exchange.client import Client
from catallax.lab import Context, Finding, Report

ROOT = Path(__file__).resolve().parents[1]
TUTORIAL = ROOT / "docs" / "exchange_tutorial.md"
PORT = 8000
"""Of `make exchange`."""
SAMPLE = "How many days between 2026-03-01 and 2026-11-22, and what is 17% of 2,340?"
ASKED = "Say it backwards: hello"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True)
class Config:
    """Settings."""

    most: float = 600.0
    """Seconds it may take, reading included."""
    words: float = 200.0
    """That somebody reads in a minute."""
    install: bool = True
    """On a fresh clone of what is committed, with an environment of its own; otherwise with the one that runs this."""
    browser: bool = True
    """On the page; otherwise by a program in its place."""
    bidding: int = 10_000
    """Milliseconds of a stage of the request that the town answers."""
    patience: float = 300.0
    """Seconds after which a step has failed."""


def run(config: Config, context: Context) -> Report:
    """Follow the tutorial and take the time."""
    folder = context.folder.resolve() / "catallax"
    shutil.rmtree(folder, ignore_errors=True)
    steps: dict[str, float] = {}
    with contextlib.ExitStack() as ends:
        with timed(steps, "1. clone, install, start a marketplace"):
            town, python, port = prepared(config, folder)
            ends.enter_context(running(town, folder, folder.parent / "town.log"))
            url = f"http://127.0.0.1:{port}"
            until(lambda: answers(url), config.patience, "the marketplace")
        with timed(steps, "2. see a request answered by a chain of the town's suppliers"):
            answered = by_town(url, config)
        with timed(steps, "3. start a supplier of one's own"):
            eve = [python, "examples/exchange/supplier.py", url, "eve"]
            ends.enter_context(running(eve, folder, folder.parent / "eve.log"))
            until(lambda: (folder / "eve.token").is_file(), config.patience, "the supplier")
        with timed(steps, "4. sign up, post, pick: its first credit"):
            (by_browser if config.browser else by_program)(url, config.patience)
            with Client(url, (folder / "eve.token").read_text(encoding="utf-8")) as client:
                purse = until(
                    lambda: client.me().balance > 100_000_000 and client.me().balance, config.patience, "credit"
                )
    reading = len(TUTORIAL.read_text(encoding="utf-8").split()) / config.words * 60
    total, whole = sum(steps.values()) + reading, config.install and config.browser
    findings = [Finding("newcomer", name, "", f"{seconds:.1f} s") for name, seconds in steps.items()] + [
        Finding("newcomer", "the town's answer", "<= 60 s", f"{answered:.1f} s", answered <= 60.0),
        Finding("newcomer", "earned by the supplier, credits", "> 0", f"{purse / 1e6 - 100:g}", purse > 100_000_000),
        Finding("newcomer", f"all steps, and reading at {config.words:g} words a minute", f"<= {config.most:g} s" if whole else "",
                f"{total:.0f} s, {reading:.0f} s of them reading", total <= config.most if whole else None,
                "a browser is driven by a program, which types faster than people do"),
    ]  # fmt: skip
    return Report(findings, text="Every step is the tutorial's own, on a fresh clone of what is committed.")


def prepared(config: Config, folder: Path) -> tuple[list[str], str, int]:
    """The command that starts the town, the interpreter of its suppliers, and the port."""
    if config.install:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                raise RuntimeError(
                    f"Somebody listens at port {PORT} already, which `make exchange` takes; stop it first."
                )
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        return ["make", "exchange"], str(folder / ".venv" / "bin" / "python"), PORT
    folder.mkdir(parents=True)
    (folder / "examples").symlink_to(ROOT / "examples")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return [sys.executable, "examples/exchange/town.py", "--port", str(port)], sys.executable, port


@contextlib.contextmanager
def running(words: list[str], folder: Path, log: Path) -> Iterator[None]:
    """A program of the newcomer's, which Ctrl-C ends."""
    # a fresh clone has packages of its own
    ours = {"PYTHONPATH": os.pathsep.join(sys.path)} if words[0] == sys.executable else {}
    here = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MAKEFLAGS")} | ours
    with log.open("wb") as told:
        process = subprocess.Popen(words, cwd=folder, env=here, stdout=told, stderr=told, start_new_session=True)
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}; see {log}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20.0)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def timed(steps: dict[str, float], name: str) -> Iterator[None]:
    """Note how long a step took."""
    began = time.perf_counter()
    yield
    steps[name] = time.perf_counter() - began


def until(look: Callable[[], Any], patience: float, what: str) -> Any:
    """Wait for something.

    Raises:
        TimeoutError: if it takes too long.
    """
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.1)
    raise TimeoutError(f"{what} did not come in {patience:g} seconds")


def answers(url: str) -> bool:
    """Whether somebody listens."""
    host, _, port = url.rpartition("/")[2].partition(":")
    with contextlib.suppress(OSError):
        socket.create_connection((host, int(port)), 1.0).close()
        return True
    return False


def by_town(url: str, config: Config) -> float:
    """Ask what takes three suppliers; returns the seconds until an offer is there, and takes it."""
    with Client(url) as zoe:
        zoe.sign_up("zoe")
        began = time.perf_counter()
        number = zoe.ask("Days and shares", SAMPLE, 10_000_000, bidding=config.bidding)
        offers = until(lambda: zoe.request(number).offers, config.patience, "an offer")
        seconds = time.perf_counter() - began
        zoe.pick(number, offers[0].id)
    return seconds


def by_browser(url: str, patience: float) -> None:
    """Sign up, post and pick, on the page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_default_timeout(1000 * patience)
        page.goto(url)
        page.get_by_label("Name").fill("ann")
        page.get_by_role("button", name="Sign up").click()
        page.get_by_role("button", name="Kept it").click()
        page.get_by_label("In a line").fill("Backwards")
        page.get_by_label("What you want").fill(ASKED)
        page.get_by_label("Bounty").fill("1")
        page.get_by_role("button", name="Post").click()
        page.get_by_role("button", name="Pick the offer of eve").click()
        page.get_by_text("olleh").wait_for()
        chromium.close()


def by_program(url: str, patience: float) -> None:
    """The same without a browser."""
    with Client(url) as ann:
        ann.sign_up("ann")
        number = ann.ask("Backwards", ASKED, 1_000_000, bidding=1_500)
        offers = until(lambda: ann.request(number).offers, patience, "an offer")
        ann.pick(number, offers[0].id)
