"""What the house takes and why; one rule a file."""

from catallax.levies._anti_monopoly import AntiMonopoly
from catallax.levies._bid_fee import BidFee
from catallax.levies._computation_tax import ComputationTax
from catallax.levies._harberger import Harberger
from catallax.levies._rent import Rent
from catallax.levies._upkeep import Upkeep
from catallax.levies._wealth_tax import WealthTax

__all__ = ["AntiMonopoly", "BidFee", "ComputationTax", "Harberger", "Rent", "Upkeep", "WealthTax"]
