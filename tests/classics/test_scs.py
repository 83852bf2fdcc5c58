"""SCS: a chain by hand rests where it should, random rules learn somewhat, the books close."""

from __future__ import annotations

import numpy as np
import pytest

import catallax as cx
from catallax.agents import classifiers as parts

RECALL = cx.envs.Coded(cx.envs.DelayedRecall(0))
CHAIN = ["1#0 / 0##", "0## / 1##"]
"""The first rule posts what the detectors show first, the second tells it when the question is shown."""


def system(**settings: object) -> cx.classics.SCS:
    return cx.classics.SCS(wiring=parts.Free(), **{"period": 100, **settings})


@pytest.fixture(scope="module")
def chain():
    alone = system(
        capacity=2, genetic=parts.CrowdingGenetic(share=0.0), brigade=cx.markets.SupplierBrigade(noise=0.0, bid_tax=0.02)
    )  # fmt: skip
    return cx.classics.scs(RECALL, 4_000, 2, system=alone, rules=parts.MessageRules.parse(CHAIN, 10.0))


def test_two_rules_that_pass_a_message_on_are_always_right(chain):
    assert (chain.rewards[:, 1::2] == 1.0).all() and chain.ended[:, 1::2].all() and not chain.ended[:, ::2].any()


def test_the_chain_rests_where_every_rule_gets_what_it_pays(chain):
    reader, teller = 0.1 * (0.25 + 0.125 * 2 / 3), 0.1 * (0.25 + 0.125 / 3)
    last = 1.0 / (teller + 0.02)
    np.testing.assert_allclose(chain.populations.strength[:, 1], last, rtol=1e-5)
    # the first is paid the bid of the second: a discount of bid / (bid + tax) from link to link
    np.testing.assert_allclose(chain.populations.strength[:, 0], teller * last / (reader + 0.02), rtol=1e-5)


@pytest.fixture(scope="module")
def learned():
    return cx.classics.scs(RECALL, 2_000, 2, key=1, system=system(capacity=60, conditions=2, slots=2))


def test_the_books_close_to_rounding_with_several_conditions_slots_and_a_generation(learned):
    assert learned.gap() < 1e-6
    assert set(learned.flows) == {"rewards", "children", "bids to the detectors", "taxes", "replaced rules"}
    assert all(np.abs(flow).sum() > 0 for flow in learned.flows.values())
    assert learned.flows["rewards"].sum() <= learned.rewards.sum()
    short = {name: x for name, x in learned.flows.items() if name != "children"}
    assert type(learned)(**{**vars(learned), "flows": short}).gap() > 1e-3


def test_strengths_stay_positive_and_the_population_its_size(learned):
    strength, taken = np.asarray(learned.populations.strength), np.asarray(learned.populations.taken)
    assert (strength[taken] > 0).all() and (strength[~taken] == 0).all() and (taken.sum(1) == 60).all()


def test_bad_arguments_are_named():
    with pytest.raises(TypeError, match="SCS: expected a world with at most 31 Bits"):
        cx.classics.scs(cx.envs.Chain())
    with pytest.raises(ValueError, match="scs: cycles must be at least 1"):
        cx.classics.scs(RECALL, 0)
    with pytest.raises(ValueError, match=r"scs: the system has 400 rules of 1 condition\(s\), got 2 of 1"):
        cx.classics.scs(RECALL, rules=parts.MessageRules.parse(CHAIN))
    with pytest.raises(ValueError, match="SCS: slots must be at least 1"):
        cx.classics.SCS(slots=0)
    with pytest.raises(TypeError, match="Coded: needs Discrete"):
        cx.envs.Coded(cx.envs.Multiplexer())
