"""Who bids and acts; entry, exit and consumers beside them; one idea a file."""

from catallax.agents import classifiers, languages, networks
from catallax.agents._births import AllOf, Sometimes, Strangers
from catallax.agents._constant import Constant
from catallax.agents._consumer import Buyer, ObjectiveBuyer, Patron, Subscriber
from catallax.agents._convolution import Convolution
from catallax.agents._entry import Enumeration, InvestAndRepay, MutateTheRich, RandomBirths, ReplaceTheBroke
from catallax.agents._exit import Bankrupt, Crowded, Idle, PoorerThan
from catallax.agents._family import AbstractFamily, RandomRules, RuleFamily
from catallax.agents._linear import Linear
from catallax.agents._network import Network
from catallax.agents._newcomers import Outbid, OutbidByChance
from catallax.agents._pattern import Pattern
from catallax.agents._ppo import PPO
from catallax.agents._rising_rule import RisingRule
from catallax.agents._rota import Rota, Turns
from catallax.agents._rule import Rule, pack
from catallax.agents._scripted import Scripted
from catallax.agents._strategic import Strategic
from catallax.agents._tabular import Tabular
from catallax.agents._zi_c import ZIC
from catallax.agents._zi_u import ZIU
from catallax.agents._zip import ZIP, Margin

__all__ = [
    "AbstractFamily",
    "AllOf",
    "Bankrupt",
    "Buyer",
    "Constant",
    "Convolution",
    "Crowded",
    "Enumeration",
    "Idle",
    "InvestAndRepay",
    "Linear",
    "Margin",
    "MutateTheRich",
    "Network",
    "ObjectiveBuyer",
    "Outbid",
    "OutbidByChance",
    "PPO",
    "Pattern",
    "PoorerThan",
    "RandomBirths",
    "RandomRules",
    "ReplaceTheBroke",
    "RisingRule",
    "Rota",
    "Rule",
    "RuleFamily",
    "Scripted",
    "Sometimes",
    "Strangers",
    "Patron",
    "Strategic",
    "Subscriber",
    "Tabular",
    "Turns",
    "ZIC",
    "ZIP",
    "ZIU",
    "classifiers",
    "languages",
    "networks",
    "pack",
]
