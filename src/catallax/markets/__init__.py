"""The economies: the loops that join the parts."""

from catallax.markets._deep import DeepMarket
from catallax.markets._faults import MarketError, raise_fault
from catallax.markets._policy import MarketPolicy, policy_of
from catallax.markets._sharding import gather, layout, make_mesh, shard
from catallax.markets._state import MarketState, SaleRecord, empty_tally
from catallax.markets._strength import StrengthBrigade, StrengthState
from catallax.markets._teaching import Lessons, teach
from catallax.markets._winner_take_all import NetworkFlow, NetworkState, WinnerTakeAllNetwork

__all__ = [
    "DeepMarket",
    "Lessons",
    "MarketError",
    "MarketPolicy",
    "MarketState",
    "NetworkFlow",
    "NetworkState",
    "SaleRecord",
    "StrengthBrigade",
    "StrengthState",
    "WinnerTakeAllNetwork",
    "empty_tally",
    "gather",
    "layout",
    "make_mesh",
    "policy_of",
    "raise_fault",
    "shard",
    "teach",
]
