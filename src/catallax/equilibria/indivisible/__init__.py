"""How whole goods are priced at once: prices if there are any, and the proof if there are none."""

from catallax.equilibria.indivisible._additive import Additive
from catallax.equilibria.indivisible._allocation import AbstractAllocator, Allocation
from catallax.equilibria.indivisible._assignment import Assignment, AssignmentMarket
from catallax.equilibria.indivisible._auctions import (
    AbstractPriceAuction,
    AscendingAuction,
    AuctionRun,
    DescendingAuction,
)
from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._capped import Capped
from catallax.equilibria.indivisible._certificate import PricedAllocation, certified
from catallax.equilibria.indivisible._configuration import ConfigurationProgram
from catallax.equilibria.indivisible._mixed import Mixed
from catallax.equilibria.indivisible._price_face import AbstractSelection, Centre, Highest, Lowest
from catallax.equilibria.indivisible._substitutes import gross_substitutes
from catallax.equilibria.indivisible._unit_demand import UnitDemand
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation
from catallax.equilibria.indivisible._vickrey import VickreyClarkeGroves, VickreyOutcome
from catallax.equilibria.indivisible._winner_determination import WinnerDetermination
from catallax.equilibria.indivisible._xor_bids import XorBids

__all__ = [
    "AbstractAllocator",
    "AbstractBundleValuation",
    "AbstractPriceAuction",
    "AbstractSelection",
    "Additive",
    "Allocation",
    "AscendingAuction",
    "Assignment",
    "AssignmentMarket",
    "AuctionRun",
    "Bids",
    "Capped",
    "Centre",
    "ConfigurationProgram",
    "DescendingAuction",
    "PricedAllocation",
    "Highest",
    "Lowest",
    "Mixed",
    "UnitDemand",
    "VickreyClarkeGroves",
    "VickreyOutcome",
    "WinnerDetermination",
    "XorBids",
    "certified",
    "gross_substitutes",
]
