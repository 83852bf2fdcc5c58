"""How good forecasts were: proper scores, calibration, comparison with others, profit."""

from catallax.forecasting.scoring._bins import Binning, equal_mass, equal_width
from catallax.forecasting.scoring._bootstrap import bootstrap
from catallax.forecasting.scoring._calibration import (
    Reliability,
    calibration_error,
    largest_calibration_error,
    reliability,
    sharpness,
)
from catallax.forecasting.scoring._murphy import Murphy, murphy
from catallax.forecasting.scoring._numeric import crps, ensemble_crps, gaussian_crps, pinball
from catallax.forecasting.scoring._profit import Profit, growth_rate, max_drawdown, profits, wealth_paths
from catallax.forecasting.scoring._proper import Score, brier, log_score, spherical
from catallax.forecasting.scoring._relative import peer_score, time_averaged

__all__ = [
    "Binning",
    "Murphy",
    "Profit",
    "Reliability",
    "Score",
    "bootstrap",
    "brier",
    "calibration_error",
    "crps",
    "ensemble_crps",
    "equal_mass",
    "equal_width",
    "gaussian_crps",
    "growth_rate",
    "largest_calibration_error",
    "log_score",
    "max_drawdown",
    "murphy",
    "peer_score",
    "pinball",
    "profits",
    "reliability",
    "sharpness",
    "spherical",
    "time_averaged",
    "wealth_paths",
]
