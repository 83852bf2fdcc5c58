"""Whether forecasts hang together, what it costs them if not, and the nearest that do."""

from catallax.forecasting.consistency._arbitrage import Arbitrage, arbitrage
from catallax.forecasting.consistency._checks import (
    ABSENT,
    AND,
    AND_OR,
    BUT,
    CHECKS,
    CONDITIONAL,
    CONSEQUENCE,
    DOUBLE_CONDITIONAL,
    EXPECTED_EVIDENCE,
    NEGATION,
    OR,
    PARAPHRASE,
    Check,
)
from catallax.forecasting.consistency._forecaster import (
    ARBITRAGE_TOLERANCE,
    FREQUENTIST_TOLERANCE,
    ArbitrageForecaster,
    Consistency,
    report,
)
from catallax.forecasting.consistency._frequentist import frequentist

__all__ = [
    "ABSENT",
    "AND",
    "AND_OR",
    "ARBITRAGE_TOLERANCE",
    "BUT",
    "CHECKS",
    "CONDITIONAL",
    "CONSEQUENCE",
    "DOUBLE_CONDITIONAL",
    "EXPECTED_EVIDENCE",
    "FREQUENTIST_TOLERANCE",
    "NEGATION",
    "OR",
    "PARAPHRASE",
    "Arbitrage",
    "ArbitrageForecaster",
    "Check",
    "Consistency",
    "arbitrage",
    "frequentist",
    "report",
]
