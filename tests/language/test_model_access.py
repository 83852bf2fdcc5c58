"""Runs that ask a model, from the command line: priced first, billed, recorded, resumed, and ended by what ends them."""

import asyncio
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from catallax.cli import main
from catallax.lab import Context, load_experiment
from catallax.language.models import Access, FakeServer, Program, Provider, Reply, ask

ROOT = Path(__file__).resolve().parents[2]
PRICED = ["--model.prompt", "3", "--model.completion", "15"]
SMALL = {
    "bazaar_with_models": ["--shelves", "1", "--questions", "2", "--notices", "3"],
    "reasoning_with_models": ["--tasks", "3", "--families", "gcd", "--longest", "300"],
}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("MY_KEY", "canary-key")


@contextmanager
def serving(replies) -> Iterator[FakeServer]:
    """A server in a thread of its own, for commands that run an event loop of theirs."""
    loop, server = asyncio.new_event_loop(), FakeServer(replies)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def do(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    do(server.__aenter__())
    try:
        yield server
    finally:
        do(server.__aexit__())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def contrary(body) -> Reply:
    """Another way than the stand-in's, as dear as may be: tokens are not reported, and so billed at their bound."""
    luck = random.Random(json.dumps(body["messages"]))
    form = body.get("response_format")
    if form is None:
        return Reply(luck.choice(("\x01" * 299, "ANSWER: 7")), usage=False)
    ((name, rule),) = form["json_schema"]["schema"]["properties"].items()
    said = {"buy": luck.random() < 0.8, "keep": rule.get("items", {}).get("enum"), "choice": rule.get("enum", [""])[0]}
    return Reply(json.dumps({name: said[name]}), usage=False)


def command(name: str, server: FakeServer | str, folder: Path, *more: str) -> list[str]:
    url = server if isinstance(server, str) else server.url
    model = ["--model.tries", "2", "--model.url", url, "--model.name", "tiny", "--model.key-from", "MY_KEY", *PRICED]
    return ["run", name, *model, *SMALL[name], "--no-progress", "--out", str(folder), *more]


def bills(folder: Path) -> list[tuple[float, float]]:
    """Dollars billed, and at most, by part."""
    found = json.loads((folder / "findings.json").read_text())["findings"]
    told = [row["measured"].split(" of ") for row in found if row["case"].startswith("bill of")]
    return [(float(paid), float(most)) for paid, most in told]


@pytest.mark.parametrize("name", SMALL)
def test_a_run_costs_no_more_than_was_said_and_nothing_again(name, tmp_path, capsys, monkeypatch) -> None:
    if name == "reasoning_with_models":
        pytest.importorskip("reasoning_gym", reason="its questions need the extra `reasoning`")
    folder, lost, sleep = tmp_path / "run", set(), asyncio.sleep
    monkeypatch.setattr("catallax.language.models._retrying.asyncio", SimpleNamespace(sleep=lambda wait: sleep(0)))

    def late(body):
        """Each answer is lost by a gateway, perhaps billed, and comes at the second try."""
        if (asked := json.dumps(body)) in lost:
            return contrary(body)
        lost.add(asked)
        return Reply(status=504)

    with serving(late) as server:
        there = server.url
        assert main(command(name, server, folder, "--dry-run")) == 0
        said = capsys.readouterr().out
        assert not server.requests and not folder.exists() and "nothing was asked" in said
        assert main(command(name, server, folder)) == 0
        asked = len(server.requests)
        assert server.headers[0]["authorization"] == "Bearer canary-key"
        found = bills(folder)
        assert main(command(name, server, folder)) == 2  # not paid twice by accident
        assert "paid for" in capsys.readouterr().err
    most = float(said.split(" all ")[1].splitlines()[0].split("$")[-1].replace(",", ""))
    assert sum(part for _, part in found) == pytest.approx(most) and asked > 10
    assert all(0 < paid <= part for paid, part in found)
    assert main(command(name, there, folder, "--resume")) == 0 and bills(folder) == found  # without a server
    assert not [path for path in folder.rglob("*") if path.is_file() and "canary" in path.read_text()]


def test_a_run_that_was_cut_off_goes_on_where_it_was(tmp_path, capsys) -> None:
    name, folder = "bazaar_with_models", tmp_path / "run"
    with serving(contrary) as server:
        assert main(command(name, server, tmp_path / "whole")) == 0
        whole = len(server.requests)
    half = whole // 2
    with serving(lambda body: contrary(body) if len(server.requests) <= half else Reply(status=500)) as server:
        assert main(command(name, server, folder, "--model.tries", "1")) == 2
        told = capsys.readouterr().err
        assert "HTTP status 500" in told and "go on with" in told and "--resume" in told
        assert len(server.requests) == half + 1  # after a failure that is not the model's, nothing more is asked
    assert not (folder / "findings.json").exists()
    experiment = load_experiment(name)
    config = experiment.config(model=Provider("http://localhost/v1", "tiny", prompt=3.0, completion=15.0), shelves=1, questions=2, notices=3)  # fmt: skip
    new, rest = (experiment.price(config, Context(folder, resume)).total.quote.calls for resume in (False, True))
    assert 0 <= rest < new
    with serving(contrary) as server:
        assert main(command(name, server, folder, "--resume")) == 0
        assert len(server.requests) == whole - half
    assert bills(folder) == bills(tmp_path / "whole")


@pytest.mark.parametrize(
    ("reply", "more", "words"),
    [
        (Reply(status=401), [], "HTTP status 401 (fake_error): check the key"),
        (Reply(status=404), [], "HTTP status 404 (fake_error): check the address and the model"),
        (Reply(raw=b"<html>"), [], "the reply is no JSON"),
        (Reply(status=402), [], "no credit"),
        ("7", ["--model.budget", "0.000001"], "micro-dollars and 1 are left; nothing was asked"),
        ("7", ["--model.key-from", "CATALLAX_NO_SUCH_KEY"], "CATALLAX_NO_SUCH_KEY is empty"),
        ("", ["--model.url", "http://127.0.0.1:9/v1"], "is the server running"),
    ],
)
def test_what_ends_a_run_is_said_in_one_line(reply, more, words, tmp_path, capsys) -> None:
    with serving([reply] * 9) as server:
        assert main(command("bazaar_with_models", server, tmp_path / "run", "--model.tries", "1", *more)) == 2
        assert len(server.requests) <= 1
    told = capsys.readouterr().err
    assert words in told and "canary" not in told and "Traceback" not in told
    assert not (tmp_path / "run" / "findings.json").exists()


def test_what_cannot_be_priced_says_so(capsys) -> None:
    for words in (["bazaar_answers", "--dry-run"], ["bazaar_with_models", "--dry-run"]):
        assert main(["run", *words]) == 2
    told = capsys.readouterr().err
    assert "asks no language model" in told and "--model.prompt" in told


def test_parts_have_names_that_files_can_have_and_bills_of_their_own(tmp_path) -> None:
    access, four = Access(Provider(prompt=1.0, completion=1.0), tmp_path), Program(lambda request: "four")
    one, other = access.model("one", four), access.model("other", four)
    assert access.model("one", four) is one
    asyncio.run(one.complete(ask("Two and two?")))
    asyncio.run(other.complete(ask("Two and two, once more?")))
    assert [(bill.part, bill.asked, bill.calls, bill.cost == bill.paid > 0) for bill in access.bills] == [
        ("one", 1, 1, True),
        ("other", 1, 1, True),
    ]
    assert access.budget.spent == sum(bill.paid for bill in access.bills) and not list(tmp_path.iterdir())
    for wrong in ("../up", "", "a/b"):
        with pytest.raises(ValueError, match="letters, digits"):
            access.model(wrong, four)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "http://localhost/v1"}, "name of one"),
        ({"url": "http://localhost/v1", "name": "tiny", "prompt": 1.0}, "a million tokens"),
        ({"tries": 0}, "at least 1"),
        ({"budget": -1.0}, "0 dollars or more"),
    ],
)
def test_wrong_settings_of_a_provider_are_named(settings: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Provider(**settings)
