"""Oversight by protocol: how much an agent gains by arguing for the truth before a judge that knows less."""

from catallax.language.oversight._arguments import AllEvidence, Consultancy, Debate, NaiveJudge, OpenTrust, Propaganda
from catallax.language.oversight._benchmark import Benchmark, Row, Table
from catallax.language.oversight._forging import forge
from catallax.language.oversight._judges import AbstractJudge, FaceValue, Sceptic
from catallax.language.oversight._kernel import Replies, replies
from catallax.language.oversight._learning import Lesson, Payoffs, Policy, train
from catallax.language.oversight._markets import Bazaar, MarginalValue
from catallax.language.oversight._protocol import AbstractProtocol, Arguer, Run, Transcript
from catallax.language.oversight._questions import Questions
from catallax.language.oversight._scores import (
    Propensity,
    accuracy,
    agent_score_difference,
    brier_score,
    literal_score_difference,
    log_score,
    propensity,
    worst,
)
from catallax.language.oversight._spoken import (
    AbstractSpoken,
    Problem,
    Said,
    Speaker,
    SpokenConsultancy,
    SpokenDebate,
    SpokenNaive,
    SpokenPropaganda,
    Talk,
)
from catallax.language.oversight._spoken_markets import SpokenBazaar, SpokenMarket

__all__ = [
    "AbstractJudge",
    "AbstractProtocol",
    "AbstractSpoken",
    "AllEvidence",
    "Arguer",
    "Bazaar",
    "Benchmark",
    "Consultancy",
    "Debate",
    "FaceValue",
    "Lesson",
    "MarginalValue",
    "NaiveJudge",
    "OpenTrust",
    "Payoffs",
    "Policy",
    "Problem",
    "Propaganda",
    "Propensity",
    "Questions",
    "Replies",
    "Row",
    "Run",
    "Said",
    "Sceptic",
    "Speaker",
    "SpokenBazaar",
    "SpokenConsultancy",
    "SpokenDebate",
    "SpokenMarket",
    "SpokenNaive",
    "SpokenPropaganda",
    "Table",
    "Talk",
    "Transcript",
    "accuracy",
    "agent_score_difference",
    "brier_score",
    "forge",
    "literal_score_difference",
    "log_score",
    "propensity",
    "replies",
    "train",
    "worst",
]
