"""Call markets: the prices at which the bets of all traders cancel, one rule a file."""

from catallax.forecasting.clearing._aggressive import AggressiveBetting
from catallax.forecasting.clearing._betting import AbstractBetting
from catallax.forecasting.clearing._call_market import AbstractCallMarket, Bets
from catallax.forecasting.clearing._cara import CARA, ProportionalCARA
from catallax.forecasting.clearing._isoelastic import Isoelastic
from catallax.forecasting.clearing._kelly import Kelly
from catallax.forecasting.clearing._linear import LinearBetting
from catallax.forecasting.clearing._play import Called, Played, call, play
from catallax.forecasting.clearing._sequential import SequentialLMSR, log_utility_prices

__all__ = [
    "AbstractBetting",
    "AbstractCallMarket",
    "AggressiveBetting",
    "Bets",
    "CARA",
    "Called",
    "Isoelastic",
    "Kelly",
    "LinearBetting",
    "Played",
    "ProportionalCARA",
    "SequentialLMSR",
    "call",
    "log_utility_prices",
    "play",
]
