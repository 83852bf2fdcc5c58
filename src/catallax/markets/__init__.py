"""The economies: the loops that join the parts."""

from catallax.markets._deep import DeepMarket
from catallax.markets._double import DoubleMarket, Sessions
from catallax.markets._faults import MarketError, raise_fault
from catallax.markets._policy import MarketPolicy, policy_of
from catallax.markets._sharding import gather, layout, make_mesh, shard
from catallax.markets._state import MarketState, SaleRecord, empty_tally

__all__ = [
    "DeepMarket",
    "DoubleMarket",
    "MarketError",
    "MarketPolicy",
    "MarketState",
    "SaleRecord",
    "Sessions",
    "empty_tally",
    "gather",
    "layout",
    "make_mesh",
    "policy_of",
    "raise_fault",
    "shard",
]
