"""Completions become offers, wealth becomes reward: alone or joint, by the truth, the same each time."""

import asyncio
import dataclasses
import json

import numpy as np
import pytest

from catallax.language import Answer, Bazaar, Buyer, Forecast, program_informer
from catallax.language.bazaar import Contractor, Decider, Informer, Reason
from catallax.language.bazaar import Offer as BazaarOffer
from catallax.language.feedback import (
    Audited,
    Counterfactual,
    Joint,
    JsonReader,
    MalformedError,
    Royalty,
    Stall,
    Trusting,
    WordReader,
)
from catallax.language.models import Failure, ModelError
from catallax.language.worlds import World, reports

WORLD = reports(0.9, 0.7)
"""Reading the first signal is worth 0.368 credits, the second 0.082."""


def stall(settlement=None, bond=0.0, **more):
    def arena(learners, seed):
        return Bazaar([*learners, program_informer(WORLD, "I2", 0.05)], rounds=1, bond=bond, seed=seed)

    buyer = Buyer(Forecast("E", prior=0.5), budget=1.0)
    return Stall(WORLD, "I1", buyer, arena, settlement or Audited(), **more)


def offer(value, price=0.2, bid=0.1):
    return json.dumps({"info": f"I1={value}", "price": price, "bid": bid})


def rewards(design, completions, goal=0):
    found = asyncio.run(design.feedback(completions, [goal] * len(completions)))
    return [round(one.reward, 6) for one in found]


@pytest.mark.parametrize(
    "completion",
    [
        "", "I know it", "[]", "null", '{"info": "x", "price": 1}', '{"info": "", "price": 0.1, "bid": 0.1}',
        '{"info": "x", "price": -0.1, "bid": 0.1}', '{"info": "x", "price": 1e999, "bid": 0.1}', '{"info": "x", "price": NaN, "bid": 0}',
        '{"info": "x", "price": true, "bid": 0.1}', '{"info": "x", "price": "0.1", "bid": 0.1}', '{"info": 3, "price": 0.1, "bid": 0.1}',
        '{"info": "x", "price": 0.1, "bid": 0.1, "wealth": 9}', '{"info": "x", "price": 0.1, "price": 0.2, "bid": 0.1}',
        '{"info": "\\ud800", "price": 0.1, "bid": 0.1}', '{"info": "' + "x" * 3_000 + '", "price": 0.1, "bid": 0.1}', "[" * 100_000,
        offer(1) + offer(1), "```" + "\n" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_proposal_is_penalised_and_never_none(completion):
    with pytest.raises(MalformedError) as error:
        JsonReader().read(completion)
    assert len(str(error.value)) < 200
    assert rewards(Counterfactual(stall(penalty=-3.0)), [completion]) == [-3.0]


def test_readers_read():
    assert JsonReader().read("Here: ```json\n" + offer(1) + "\n```") == ("I1=1", 0.2, 0.1)
    assert WordReader(signals=("I1",)).read(" I1=1 0.2 0 ") == ("I1=1", 0.2, 0.0)
    with pytest.raises(MalformedError, match="names none of the signals"):
        WordReader(signals=("I1",)).read("0.2 0.2 0")
    for words in ("I1=1 0.2 nan", "0.2 0", "I1=1" + " " * 100_000):  # one that tries every blank would not come back
        with pytest.raises(MalformedError):
            WordReader().read(words)


def test_the_reward_is_the_change_of_wealth():
    value = stall().nature(0)["I1"]
    texts = [
        offer(value),
        offer(value, bid=0.0),
        offer(value, price=0.4),
        offer(value, price=0.36),
        offer(1 - value),
        "?",
    ]
    # sold for 0.2 and 0.05 paid for attention, the rival's bid; not looked at; dearer than it is worth (0.368); a lie is taken back
    expected = [0.15, 0.0, -0.05, 0.31, -0.05, -1.0]
    assert rewards(Counterfactual(stall()), texts) == expected
    assert rewards(Counterfactual(stall(scale=0.5)), texts)[:5] == [2 * e for e in expected[:5]]
    # alone means alone: what others say changes nothing, nor does order
    assert rewards(Counterfactual(stall()), texts[::-1]) == expected[::-1]
    # with a bond a lie costs its price once more
    assert rewards(Counterfactual(stall(bond=1.0)), [offer(1 - value)]) == [-0.25]
    (found,) = asyncio.run(Counterfactual(stall()).feedback(texts[:1], [0]))
    gained = np.log(0.9 / 0.5 if stall().nature(0)["E"] == value else 0.1 / 0.5) - 0.2
    assert found.sale.bought and found.sale.buyer == pytest.approx(gained)  # by what happened, not by what was believed


def test_together_they_compete_and_the_cheapest_of_those_that_say_the_same_is_heard():
    value = stall().nature(0)["I1"]
    texts = [offer(value, 0.3, 0.5), offer(value, 0.2, 0.1), "?", offer(value, 0.3, 0.0)]
    assert rewards(Joint(stall(), 4), texts) == [0.0, 0.15, -1.0, 0.0]
    assert rewards(Joint(stall(), 2), [*texts[:2], *texts[:2]]) == [0.0, 0.15, 0.0, 0.15]
    for goals in ([0, 0, 1, 1], [0, 0, 0]):
        with pytest.raises(ValueError, match="whole groups of 4"):
            asyncio.run(Joint(stall(), 4).feedback(texts, goals))


def test_the_same_completions_get_the_same_feedback_whatever_came_before():
    design = Counterfactual(stall(Royalty(), bond=1.0))
    texts = [offer(0), offer(1)] * 3
    one = asyncio.run(design.feedback(texts, [3, 3, 4, 4, 5, 5]))
    asyncio.run(design.feedback(texts[:1], [9]))
    assert asyncio.run(design.feedback(texts, [3, 3, 4, 4, 5, 5])) == one
    assert len({f.reward for f in one}) == 2  # the good report and the bad one, by what happened


@pytest.mark.parametrize(("settlement", "least"), [(Audited(), 0.3), (Audited(0.25), 0.05), (Royalty(), 1.0)])
def test_a_liar_earns_less_than_an_honest_informer(settlement, least):
    place = stall(settlement, bond=1.0)
    goals = list(range(80))
    told = [place.nature(goal)["I1"] for goal in goals]
    honest, liar = (
        np.array([f.reward for f in asyncio.run(Counterfactual(place).feedback([offer(v, 0.35) for v in values], goals))])
        for values in (told, [1 - v for v in told])
    )  # fmt: skip
    gain = liar - honest
    assert gain.mean() + 2 * gain.std() / len(gain) ** 0.5 < -least / 2
    # where nobody checks they earn the same, which is why somebody must
    blind = Counterfactual(stall(Trusting()))
    assert rewards(blind, [offer(0, 0.35)], 0) == rewards(blind, [offer(1, 0.35)], 0)


def test_stalls_say_what_is_wrong_with_them_and_what_they_ask():
    with pytest.raises(ValueError, match="no signal 'I9'"):
        Stall(WORLD, "I9", Buyer(Forecast("E", prior=0.5), budget=1.0), stall().arena)
    with pytest.raises(ValueError, match="penalty below 0"):
        stall(penalty=0.0)
    certain = World(np.array([[0.5, 0.0], [0.0, 0.5]]))
    with pytest.raises(ValueError, match="can rule an outcome out"):
        Stall(certain, "I1", Buyer(Forecast("E", prior=0.5), budget=1.0), stall().arena, Royalty())
    with pytest.raises(ValueError, match="at least 0, got -1"):
        stall().nature(-1)
    (row,) = stall().rows([7])
    text = row["prompt"][0]["content"]
    assert row["goal_id"] == 7 and f"I1={stall().nature(7)['I1']}" in text and "I2=" not in text and "E=" not in text


def test_a_buyer_that_does_not_decide_keeps_to_the_prior_and_one_that_says_no_probabilities_is_named():
    def sold(decide):
        buyer = Buyer(Forecast("E", prior=0.5), budget=1.0, decider=Decider(decide))
        place = dataclasses.replace(stall(), buyer=buyer)
        (found,) = asyncio.run(Counterfactual(place).feedback([offer(place.nature(0)["I1"])], [0]))
        return found.reward, found.sale.buyer, found.sale.stopped

    def refuses(brief, known):
        raise ModelError(Failure.REFUSED, "tiny", "declined.")

    assert sold(refuses) == pytest.approx((0.15, -0.2, Reason.REFUSED))  # it has bought, and gains nothing by it
    assert sold(lambda brief, known: (0.5, 0.5))[2] is None
    for wrong in ("yes", 0.7, None, (0.2, 0.3, 0.5), (1.0, 1.0), (float("nan"), 1.0)):
        with pytest.raises(ValueError, match="a probability for each of the 2 outcomes of 'E'"):
            sold(lambda brief, known, said=wrong: said)


def test_each_seed_of_a_stall_gives_its_bazaars_other_chances():
    seeds = []

    def arena(learners, seed):
        seeds.append(seed)
        return stall().arena(learners, seed)

    for seed in (0, 1, 2):
        rewards(Counterfactual(dataclasses.replace(stall(seed=seed), arena=arena)), [offer(1)] * 2, goal=3)
    assert seeds[::2] == seeds[1::2] and seeds[0] == 3 and len(set(seeds)) == 3


def test_an_arena_without_the_learners_is_named():
    place = dataclasses.replace(stall(), arena=lambda learners, seed: Bazaar([program_informer(WORLD, "I2")]))
    with pytest.raises(ValueError, match="a bazaar without learner0"):
        rewards(Counterfactual(place), [offer(1)])


def test_half_a_character_does_not_stop_a_bazaar():
    informer = Informer("i", lambda view: [BazaarOffer.of("\ud800", 0.1, 0.1)])
    arena = Bazaar([informer], contractor=Contractor(lambda case: frozenset()))
    assert arena.run(Buyer(Answer("?"), 1.0, Decider(lambda brief, known: len(known)))).output == 0
