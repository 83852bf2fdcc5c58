"""Questions with known answers: made from a known law, or read from files."""

from catallax.forecasting.questions._baselines import crowd, uniform
from catallax.forecasting.questions._forecastbench import Loaded, load_forecastbench
from catallax.forecasting.questions._question import Question
from catallax.forecasting.questions._synthetic import Synthetic, bayes, synthetic

__all__ = ["Loaded", "Question", "Synthetic", "bayes", "crowd", "load_forecastbench", "synthetic", "uniform"]
