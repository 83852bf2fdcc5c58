"""Markets whose prices are probabilities."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catallax.forecasting import clearing, combinatorial, consistency, latent, questions, scoring
from catallax.forecasting._accounts import AbstractMarket
from catallax.forecasting._answer_pools import AnswerPools
from catallax.forecasting._backtest import Backtest, Forecast, Standing, backtest
from catallax.forecasting._book_market import OrderBookMarket
from catallax.forecasting._conditional import ConditionalMarket
from catallax.forecasting._constant_product import ConstantProduct
from catallax.forecasting._constant_utility import AbstractUtility, ConstantUtility, LogUtility, PowerUtility
from catallax.forecasting._cost_function import AbstractCostFunction
from catallax.forecasting._decision_market import DecisionMarket, commit, decision_gain
from catallax.forecasting._decision_rule import (
    AbstractDecisionRule,
    EpsGreedy,
    Greedy,
    Softmax,
    Trial,
    importance_weights,
    unweighted,
)
from catallax.forecasting._intervals import IntervalLMSR
from catallax.forecasting._liquidity_sensitive import LiquiditySensitiveLMSR
from catallax.forecasting._lmsr import LMSR
from catallax.forecasting._log import Entry, TradeLog
from catallax.forecasting._marginal_value import marginal_values
from catallax.forecasting._market import PredictionMarket
from catallax.forecasting._mechanism import AbstractMaker, AbstractMechanism, Trade
from catallax.forecasting._off_policy import Estimate, off_policy_value
from catallax.forecasting._order_book import Order, OrderBook
from catallax.forecasting._quadratic import Quadratic
from catallax.forecasting._self_aware import Crossing, SelfAwareMarket, crossings, literal, reflective
from catallax.forecasting._wagering import mean_score, median_score, quadratic_score, repeated_wagers, wager

if TYPE_CHECKING:
    from catallax.forecasting.learning._classifier import MarketClassifier as MarketClassifier
    from catallax.forecasting.learning._leaf import LeafMarketClassifier as LeafMarketClassifier
    from catallax.forecasting.learning._regressor import MarketRegressor as MarketRegressor

__all__ = [
    "LMSR",
    "AbstractCostFunction",
    "AbstractDecisionRule",
    "AbstractMaker",
    "AbstractMarket",
    "AbstractMechanism",
    "AbstractUtility",
    "AnswerPools",
    "Backtest",
    "ConditionalMarket",
    "ConstantProduct",
    "ConstantUtility",
    "Crossing",
    "DecisionMarket",
    "Entry",
    "EpsGreedy",
    "Estimate",
    "Forecast",
    "Greedy",
    "IntervalLMSR",
    "LiquiditySensitiveLMSR",
    "LogUtility",
    "Order",
    "OrderBook",
    "OrderBookMarket",
    "PowerUtility",
    "PredictionMarket",
    "Quadratic",
    "SelfAwareMarket",
    "Softmax",
    "Standing",
    "Trade",
    "TradeLog",
    "Trial",
    "backtest",
    "clearing",
    "combinatorial",
    "commit",
    "consistency",
    "crossings",
    "decision_gain",
    "importance_weights",
    "latent",
    "literal",
    "marginal_values",
    "mean_score",
    "median_score",
    "off_policy_value",
    "quadratic_score",
    "questions",
    "reflective",
    "repeated_wagers",
    "scoring",
    "unweighted",
    "wager",
]


_ESTIMATORS = {"LeafMarketClassifier": "_leaf", "MarketClassifier": "_classifier", "MarketRegressor": "_regressor"}
"""They derive from scikit-learn's classes, which need an extra."""


def __getattr__(name: str) -> Any:
    if name not in _ESTIMATORS:
        raise AttributeError(f"module 'catallax.forecasting' has no attribute {name!r}")
    try:
        return getattr(import_module(f"catallax.forecasting.learning.{_ESTIMATORS[name]}"), name)
    except ImportError as error:
        raise ImportError(
            f"catallax.forecasting.{name}: needs scikit-learn, which cannot be imported ({error}); "
            "run: pip install 'catallax[forecasting]'"
        ) from error
