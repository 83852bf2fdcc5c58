"""Neural networks as markets and back: firms are layers, goods are activations."""

from catallax.markets.network._backpropagated import Backpropagated
from catallax.markets.network._capitalism import Capitalism
from catallax.markets.network._firm import Firm, Goods, mutant
from catallax.markets.network._from_network import from_network, to_network
from catallax.markets.network._integrated import Integrated
from catallax.markets.network._losses import cross_entropy, squared_error
from catallax.markets.network._market import NetworkMarket, Passage
from catallax.markets.network._plant import Plant, Table
from catallax.markets.network._quotes import Quotes, ascend, quote
from catallax.markets.network._step import Elementwise
from catallax.markets.network._training import AbstractTraining
from catallax.markets.network._valuation import ConstantValue, LinearValue
from catallax.markets.network._world import NetworkWorld

__all__ = [
    "AbstractTraining",
    "Backpropagated",
    "Capitalism",
    "ConstantValue",
    "Elementwise",
    "Firm",
    "Goods",
    "Integrated",
    "LinearValue",
    "NetworkMarket",
    "NetworkWorld",
    "Passage",
    "Plant",
    "Quotes",
    "Table",
    "ascend",
    "cross_entropy",
    "from_network",
    "mutant",
    "quote",
    "squared_error",
    "to_network",
]
