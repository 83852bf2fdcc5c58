"""`catallax ask` and `catallax bid`, against a service that listens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from catallax.cli import main
from catallax.exchange import Settings, create_app
from catallax.exchange._aside import Aside
from catallax.exchange.client import Client
from catallax.language.models import FakeServer, Reply

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


def test_a_model_bids_from_the_command_line(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.dumps({"text": "Surf.", "teaser": "a plan", "final": True})
    aside, server = Aside(), FakeServer(lambda body: Reply(said))
    aside.result(server.__aenter__())
    priced = ["--model.prompt", "1", "--model.completion", "1", "--model.budget", "0.5", "--stake", "0.3"]
    at_work = ["bid", "--model.url", server.url, "--model.name", "tiny", *priced, "--url", address]
    with Client(address) as ann, Client(address) as bob:
        ann.sign_up("ann")
        bob.sign_up("bob")
        monkeypatch.setenv("CATALLAX_TOKEN", bob.token)
        number = ann.ask("Lisbon", "Plan it.", 4_000_000, stages=1, bidding=1_500)
        assert main([*at_work, "--dry-run"]) == 0
        told = capsys.readouterr().out
        assert f"request {number}, state 1, 'Lisbon' for 4: a bid of 0.3 credits; the work may cost 0." in told
        assert main([*at_work, "--dry-run", "--model.budget", "0.01"]) == 0
        assert "no bid" in (told := capsys.readouterr().out) and "more than the budget pays" in told
        assert (bob.bids().items, server.requests) == ((), [])
        assert main([*at_work, "--share", "0.05", "--seconds", "4", "--pause", "0.2"]) == 0
        (offer,) = ann.request(number).offers
    assert (offer.seller, offer.bid, offer.teaser) == ("bob", 200_000, "a plan")
    assert len(server.requests) == 1 and "calls       1" in capsys.readouterr().out
    aside.close(lambda: server.__aexit__())


def test_a_sign_up_that_was_cut_off_goes_on(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = ["ask", "t", "--url", "http://127.0.0.1:9", "--name", "ann", "--bounty", "1000"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("catallax.exchange.client._answers.pause", lambda trial, response=None: 0.0)
        assert main(nowhere) == 2
    begun = tmp_path / "exchange.token.new"
    with Client(address, begun.read_text(encoding="utf-8")) as lost:
        lost.sign_up("ann")  # as if it had been done, and the answer lost
    assert main([*nowhere[:3], address, *nowhere[4:]]) == 2
    said = capsys.readouterr()
    assert "signed up as ann" in said.out and "insolvent" in said.err and not begun.exists()
    assert (tmp_path / "exchange.token").read_text(encoding="utf-8") == lost.token


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
    assert main(["bid", "--url", address]) == 2
    assert "--model.url" in capsys.readouterr().err
    free = ["--model.prompt", "0", "--model.completion", "0"]
    assert main(["bid", "--model.url", "http://x/v1", "--model.name", "tiny", *free, "--url", address]) == 2
    assert "--model.budget" in capsys.readouterr().err
    assert main(["ask", "t", "--url", address, "--bidding", "0.3", "--stages", "1"]) == 1
    assert "unanswered; the bounty is back" in capsys.readouterr().out
