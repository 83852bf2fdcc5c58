"""How one good is sold: bids in, a sale out; a rule, or two that are close, a file."""

from catallax.auctions._first_price import BucketBrigade, FirstPrice
from catallax.auctions._lottery import Lottery
from catallax.auctions._order_book import OrderBook, Orders
from catallax.auctions._posted_price import PostedPrice
from catallax.auctions._single_quote import SingleQuoteBook, StandingQuotes
from catallax.auctions._subsidised import Subsidised
from catallax.auctions._trembling import Trembling
from catallax.auctions._unpaid import Unpaid
from catallax.auctions._vickrey import CreditConservingVickrey, Vickrey
from catallax.auctions._weighted import Weighted

__all__ = [
    "BucketBrigade",
    "CreditConservingVickrey",
    "FirstPrice",
    "Lottery",
    "OrderBook",
    "Orders",
    "PostedPrice",
    "SingleQuoteBook",
    "StandingQuotes",
    "Subsidised",
    "Trembling",
    "Unpaid",
    "Vickrey",
    "Weighted",
]
