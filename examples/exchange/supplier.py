"""A supplier in thirty lines: it answers requests that ask for something backwards.

    python examples/exchange/supplier.py http://127.0.0.1:8000 NAME

The token it gets when it signs up is kept in NAME.token, so that it can be stopped and started again.
"""

import contextlib
import sys
from pathlib import Path

from catallax.exchange.client import Client, Draft, Job, ProgramSupplier, Sale, Supply


def bid(sale: Sale) -> int:
    """A tenth of the bounty, for what it can do and nobody has done."""
    return sale.request.bounty // 10 if "backwards" in sale.request.text and len(sale.chain) == 1 else 0


def work(job: Job) -> Draft:
    """Whatever stands behind the colon, turned round."""
    return Draft("turned round", job.request.text.rpartition(":")[2].strip()[::-1], final=True)


def main(url: str, name: str, seconds: float | None = None) -> None:
    kept = Path(f"{name}.token")
    with Client(url, kept.read_text() if kept.exists() else "") as client:
        if not client.token:
            kept.write_text(client.sign_up(name).token)
        print(f"{name} has {client.me().balance / 1e6:g} credits; stop it with Ctrl-C", flush=True)
        Supply(client, ProgramSupplier(bid, work)).run(seconds)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
