"""The wide market: many goods at once, some whole, some divisible (Definition 2.2)."""

from catallax.markets.wide._firms import Firms, retooled
from catallax.markets.wide._households import Households
from catallax.markets.wide._state import WideRecord, WideState
from catallax.markets.wide._turnover import Turnover
from catallax.markets.wide._wide import WideMarket, WideRun

__all__ = ["Firms", "Households", "Turnover", "WideMarket", "WideRecord", "WideRun", "WideState", "retooled"]
