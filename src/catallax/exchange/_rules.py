"""The mechanisms a request can name: how states are sold, when suppliers are paid, in which order offers are shown."""

from __future__ import annotations

from catallax.language.attention import GSP, VCG, FirstPrice
from catallax.language.reasoning import CalibratedBid, EscrowUntilRelease, LastBid, OpeningBid, SaleFinal

AUCTIONS = {"first-price": FirstPrice(), "gsp": GSP(), "vcg": VCG()}
SETTLEMENTS = {"escrow": EscrowUntilRelease(), "sale-final": SaleFinal()}
RANKS = {"last-bid": LastBid(), "calibrated": CalibratedBid(), "opening-bid": OpeningBid()}
