"""A language model that earns credits at an exchange: any server that speaks OpenAI's protocol.

    python examples/exchange/model_supplier.py http://127.0.0.1:8000 NAME http://localhost:11434/v1 MODEL

It bids a fifth of every bounty as long as it has lost no more than five credits and the model has cost no more than a dollar.
"""

import sys
from pathlib import Path

from catallax.exchange.client import Client, Supply, new_token
from catallax.exchange.suppliers import ModelSupplier
from catallax.language.models import Provider
from catallax.language.reasoning import BountyShare

ROLE = "You answer in one or two plain sentences, and only what you are sure of."


def main(url: str, name: str, server: str, model: str, seconds: float | None = None) -> None:
    kept = Path(f"{name}.token")
    if not kept.exists():
        kept.write_text(new_token())  # before signing up: an answer that is lost costs nothing
    provider = Provider(server, model, prompt=0.15, completion=0.60, budget=1.0)
    with Client(url, kept.read_text()) as client, ModelSupplier.behind(provider, ROLE, BountyShare(0.2)) as supplier:
        print(f"{name} has {client.sign_up(name).balance / 1e6:g} credits; stop it with Ctrl-C", flush=True)
        Supply(client, supplier, stake=5_000_000).run(seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
