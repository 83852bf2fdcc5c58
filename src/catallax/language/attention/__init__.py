"""How attention is sold: slots of a buyer's reading, one rule a class."""

from catallax.language.attention._deviations import Deviation, best_deviation
from catallax.language.attention._prices import GSP, FirstPrice, UniformPrice
from catallax.language.attention._slots import AbstractSlotAuction, SlotBid, SoldSlot
from catallax.language.attention._vcg import VCG

__all__ = [
    "AbstractSlotAuction",
    "Deviation",
    "FirstPrice",
    "GSP",
    "SlotBid",
    "SoldSlot",
    "UniformPrice",
    "VCG",
    "best_deviation",
]
