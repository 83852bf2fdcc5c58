"""`catallax ask` and `catallax bid`, against a service that listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from catallax.cli import main
from catallax.exchange import Settings, create_app
from catallax.exchange.client import Client

SUPPLIER = """
from catallax.exchange.client import Draft, ProgramSupplier

def loud():
    return ProgramSupplier(lambda sale: sale.request.bounty // 2, lambda job: Draft("in capitals", job.text.upper(), True))

nothing = 3
"""


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATALLAX_TOKEN", raising=False)
    server = uvicorn.Server(
        uvicorn.Config(create_app(Settings(f"sqlite:///{tmp_path}/e.db")), port=0, log_level="error")
    )
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        assert running.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    running.join(20.0)


def test_a_request_is_asked_and_answered_from_the_command_line(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loud.py").write_text(SUPPLIER, encoding="utf-8")
    supply = [
        "bid",
        "loud.py:loud",
        "--url",
        address,
        "--name",
        "bob",
        "--token-file",
        "bob.token",
        "--seconds",
        "6",
        "--pause",
        "0.1",
    ]
    bidding = threading.Thread(target=main, args=(supply,))
    bidding.start()
    monkeypatch.setattr("builtins.input", lambda prompt: "1")
    asked = ["ask", "Say hello", "--bounty", "2", "--bidding", "1", "--stages", "1", "--url", address, "--name", "ann"]
    assert main(asked) == 0
    bidding.join(30.0)
    said = capsys.readouterr().out
    assert (
        "stage 1: bob paid 1" in said
        and "1. bob, who bid 1: in capitals" in said
        and said.strip().endswith("SAY HELLO")
    )
    token = tmp_path / "bob.token"
    assert token.stat().st_mode & 0o777 == 0o600
    with Client(address, token.read_text(encoding="utf-8")) as bob:
        assert bob.me().balance == 101_000_000


def test_what_cannot_be_asked_is_said_in_a_line(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loud.py").write_text(SUPPLIER, encoding="utf-8")
    assert main(["ask", "t", "--url", address]) == 2
    assert "give --name to sign up" in capsys.readouterr().err
    assert main(["ask", "t", "--url", address, "--name", "No good"]) == 2
    assert "bad-name" in capsys.readouterr().err
    assert main(["ask", "t", "--url", address, "--name", "ann", "--bounty", "1000"]) == 2
    assert "insolvent" in capsys.readouterr().err
    assert main(["bid", "loud.py:nothing", "--url", address]) == 2
    assert "expected a supplier" in capsys.readouterr().err
    assert main(["ask", "t", "--url", address, "--bidding", "0.3", "--stages", "1"]) == 1
    assert "unanswered; the bounty is back" in capsys.readouterr().out
