"""Markets whose prices are probabilities."""

from catallax.forecasting import combinatorial, latent
from catallax.forecasting._accounts import AbstractMarket
from catallax.forecasting._book_market import OrderBookMarket
from catallax.forecasting._constant_product import ConstantProduct
from catallax.forecasting._constant_utility import AbstractUtility, ConstantUtility, LogUtility, PowerUtility
from catallax.forecasting._cost_function import AbstractCostFunction
from catallax.forecasting._liquidity_sensitive import LiquiditySensitiveLMSR
from catallax.forecasting._lmsr import LMSR
from catallax.forecasting._log import Entry, TradeLog
from catallax.forecasting._market import PredictionMarket
from catallax.forecasting._mechanism import AbstractMaker, AbstractMechanism, Trade
from catallax.forecasting._order_book import Order, OrderBook
from catallax.forecasting._quadratic import Quadratic
from catallax.forecasting._wagering import brier, mean_score, median_score, wager

__all__ = [
    "LMSR",
    "AbstractCostFunction",
    "AbstractMaker",
    "AbstractMarket",
    "AbstractMechanism",
    "AbstractUtility",
    "ConstantProduct",
    "ConstantUtility",
    "Entry",
    "LiquiditySensitiveLMSR",
    "LogUtility",
    "Order",
    "OrderBook",
    "OrderBookMarket",
    "PowerUtility",
    "PredictionMarket",
    "Quadratic",
    "Trade",
    "TradeLog",
    "brier",
    "combinatorial",
    "latent",
    "mean_score",
    "median_score",
    "wager",
]
