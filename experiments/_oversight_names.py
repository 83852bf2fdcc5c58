"""What the parts of the claims about oversight share: names of protocols, and whose test it is."""

from __future__ import annotations

from functools import partial

from _sources import POST

from catallax.lab.statistics import interval

banded = partial(interval, resamples=400)
"""For bands of curves, of which there are many."""
NAIVE, PROPAGANDA, CONSULTANCY, DEBATE, ALL = "naive judge", "propaganda", "consultancy", "debate", "all evidence"
MARKET, CHEAP, SHOT, SUCCESSIVE, RECURSIVE = (
    "market, marginal value", 0.01, "market, one-shot", "market, successive", "market, recursive",
)  # fmt: skip
OURS = f"our test, after {POST}, which names “an RLHF alternative” and “a generalized form of Debate, except with proper incentives for the human rater”; the mechanism is of arXiv 2604.08606"
