"""The marginal value mechanism for informers who know the same: its equilibrium, its game tree, play, training and shortfall."""

from catallax.language.worlds.marginal_value._case import Case
from catallax.language.worlds.marginal_value._game_tree import game_tree
from catallax.language.worlds.marginal_value._kernel import Solution, solve
from catallax.language.worlds.marginal_value._play import Episode, Policy, equilibrium, simulate
from catallax.language.worlds.marginal_value._shortfall import (
    Bound,
    cost_of_defence,
    cost_of_the_rest,
    counterexample,
    shortfall,
)
from catallax.language.worlds.marginal_value._training import Trained, train

__all__ = [
    "Bound",
    "Case",
    "Episode",
    "Policy",
    "Solution",
    "Trained",
    "cost_of_defence",
    "cost_of_the_rest",
    "counterexample",
    "equilibrium",
    "game_tree",
    "shortfall",
    "simulate",
    "solve",
    "train",
]
