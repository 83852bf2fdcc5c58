"""The suppliers of the examples, at a marketplace in this process."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from marketplace import Place
from test_clients import Through

from catallax.exchange._aside import Aside
from catallax.exchange.client import Client, Supply
from catallax.language.models import FakeServer, Reply

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "exchange"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_town_answers_by_a_chain_of_three(place: Place) -> None:
    town = example("town")
    place.sign_up("ann")
    supplies = []
    for name, supplier in town.TOWN.items():
        client = Client("http://exchange", transport=Through(place))
        client.sign_up(name)
        supplies.append(Supply(client, supplier))
    number, _ = place.post("ann", text=town.SAMPLE, stages=3)
    while place.request("ann", number)["phase"] != "choosing":
        for supply in supplies:
            supply.step()
        if place.request("ann", number)["phase"] == "bidding":
            place.until("ann", number, "working")
    offer = place.request("ann", number)["offers"][0]["id"]
    place.ok("ann", "POST", f"/requests/{number}/pick", {"offer": offer})
    answer = next(state["text"] for state in place.request("ann", number)["states"] if state["id"] == offer)
    assert "266 days" in answer and "397.8" in answer
    assert [supply.client.me().balance > 100_000_000 for supply in supplies] == [True, True, True]
    for supply in supplies:
        supply.client.close()


def test_the_short_supplier_turns_things_round(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    supplier = example("supplier")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(supplier, "Client", lambda url, token: Client(url, token, transport=Through(place)))
    place.sign_up("ann")
    number, _ = place.post("ann", text="Say it backwards: olleh", stages=1)
    supplier.main("http://exchange", "bob", 0.01)
    place.until("ann", number, "working")
    supplier.main("http://exchange", "bob", 0.01)
    assert place.request("ann", number)["offers"][0]["seller"] == "bob"


def test_a_model_answers(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    supplier = example("model_supplier")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(supplier, "Client", lambda url, token: Client(url, token, transport=Through(place)))
    said = json.dumps({"text": "Number 15.", "teaser": "a number", "final": True})
    aside, server = Aside(), FakeServer(lambda body: Reply(said))
    aside.result(server.__aenter__())
    place.sign_up("ann")
    number, _ = place.post("ann", text="Which tram goes to Belem?", stages=1)
    for phase in ("working", "choosing"):
        supplier.main("http://exchange", "bob", server.url, "tiny", 0.01)
        place.until("ann", number, phase)
    aside.close(lambda: server.__aexit__())
    (offer,) = place.request("ann", number)["offers"]
    assert (offer["seller"], offer["teaser"], offer["bid"]) == ("bob", "a number", 2_000_000)


@pytest.mark.parametrize("file", ["supplier.py", "supplier.mjs"])
def test_short_suppliers_are_short(file: str) -> None:
    lines = (EXAMPLES / file).read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) and not line.strip().startswith(("//", "#")) for line in lines) <= 32
