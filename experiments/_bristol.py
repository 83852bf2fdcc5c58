"""The Bristol Stock Exchange itself (Cliff, github.com/davecliff/BristolStockExchange), run from the user's own copy."""

from __future__ import annotations

import importlib.util
import random
import time
from pathlib import Path
from types import ModuleType
from typing import Any

SILENT = dict.fromkeys(("dump_blotters", "dump_lobs", "dump_strats", "dump_avgbals", "dump_tape"), False)


def load(path: str) -> ModuleType:
    """The program as a module.

    Raises:
        ValueError: if there is no such file.
    """
    if not Path(path).is_file():
        raise ValueError(f"bristol: no file {path!r}; expected the path of BSE.py, or nothing to leave that race out.")
    spec = importlib.util.spec_from_file_location("bristol_stock_exchange", path)
    assert spec is not None and spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def rates(
    program: ModuleType,
    kind: str,
    lines: tuple[tuple[int, int], tuple[int, int]],
    *,
    traders: int,
    quotes: int,
    periods: int,
    highest: int,
    seed: int,
) -> tuple[float, float]:
    """Trades and turns to quote per second, from the first order to the end.

    Args:
        program: what `load` gave.
        kind: its name for the traders, "ZIC" or "ZIP".
        lines: first and last value, first and last cost; one unit a trader.
        traders: buyers, and as many sellers.
        quotes: turns between two deliveries of fresh units.
        periods: deliveries.
        highest: price allowed.
        seed: of the program's generator.
    """
    trades, began = 0, 0.0

    class Counting(program.Exchange):
        def process_order(self, *words: Any) -> Any:
            nonlocal trades, began
            began = began or time.perf_counter()
            trade = super().process_order(*words)
            trades += trade is not None
            return trade

    interval = quotes / (2 * traders)
    end = (periods + 1) * interval
    demand, supply = ([{"from": 0, "to": end, "ranges": [line], "stepmode": "fixed"}] for line in lines)
    orders = {"dem": demand, "sup": supply, "interval": interval, "timemode": "periodic"}
    cast = {"buyers": [(kind, traders)], "sellers": [(kind, traders)], "proptraders": []}
    kept = program.Exchange, program.bse_sys_maxprice
    program.Exchange, program.bse_sys_maxprice = Counting, highest
    random.seed(seed)
    try:
        program.market_session("race", 0.0, end, cast, orders, SILENT, False)
        seconds = time.perf_counter() - began
    finally:
        program.Exchange, program.bse_sys_maxprice = kept
    return trades / seconds, periods * quotes / seconds
