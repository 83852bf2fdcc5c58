"""Markets whose prices are probabilities."""

from catallax.forecasting._lmsr import LMSR
from catallax.forecasting._log import Entry, TradeLog
from catallax.forecasting._market import PredictionMarket
from catallax.forecasting._mechanism import AbstractMaker, AbstractMechanism, Trade

__all__ = ["LMSR", "AbstractMaker", "AbstractMechanism", "Entry", "PredictionMarket", "Trade", "TradeLog"]
