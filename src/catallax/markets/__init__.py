"""The economies: the loops that join the parts."""

from catallax.markets import improving, network, production
from catallax.markets._attendance import AbstractAttendance, AgentDropout
from catallax.markets._bucket import Bucket, BucketFlow
from catallax.markets._deep import DeepMarket
from catallax.markets._double import DoubleMarket, Sessions
from catallax.markets._faults import MarketError, raise_fault
from catallax.markets._policy import MarketPolicy, policy_of
from catallax.markets._price_discovery import allocative_efficiency, mean_price, price_path, smiths_alpha
from catallax.markets._sharding import gather, layout, make_mesh, shard
from catallax.markets._slot_auction import SlotAuction, SlotSale
from catallax.markets._state import MarketState, SaleRecord, empty_tally
from catallax.markets._strength import StrengthBrigade, StrengthState
from catallax.markets._suppliers import SupplierBrigade, SupplyFlow
from catallax.markets._teaching import Lessons, teach
from catallax.markets._trials import Trials
from catallax.markets._winner_take_all import NetworkFlow, NetworkState, WinnerTakeAllNetwork
from catallax.markets.network import NetworkMarket, from_network, to_network
from catallax.markets.wide import Firms, Households, Turnover, WideMarket, WideRecord, WideRun, WideState, retooled

__all__ = [
    "AbstractAttendance",
    "AgentDropout",
    "Bucket",
    "BucketFlow",
    "DeepMarket",
    "DoubleMarket",
    "Firms",
    "Households",
    "Lessons",
    "MarketError",
    "MarketPolicy",
    "MarketState",
    "NetworkFlow",
    "NetworkMarket",
    "NetworkState",
    "SaleRecord",
    "Sessions",
    "SlotAuction",
    "SlotSale",
    "StrengthBrigade",
    "StrengthState",
    "SupplierBrigade",
    "SupplyFlow",
    "Trials",
    "Turnover",
    "WideMarket",
    "WideRecord",
    "WideRun",
    "WideState",
    "WinnerTakeAllNetwork",
    "allocative_efficiency",
    "empty_tally",
    "from_network",
    "gather",
    "improving",
    "layout",
    "make_mesh",
    "mean_price",
    "network",
    "policy_of",
    "price_path",
    "production",
    "raise_fault",
    "retooled",
    "shard",
    "smiths_alpha",
    "teach",
    "to_network",
]
