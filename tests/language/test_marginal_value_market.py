"""The marginal value mechanism with money: what is told is the kernel's move, what is paid are its rewards, and stakes bound losses."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from catallax.core import MICRO, Journal, to_credits, to_micro
from catallax.language import Answer, Buyer, Choose, Forecast, worlds
from catallax.language.bazaar import (
    AbstractAppraiser,
    Bayesian,
    Decider,
    Informer,
    Limits,
    MarginalValueMarket,
    Offer,
    Reason,
    Rebutter,
    SealedInformer,
)
from catallax.language.bazaar._rebuttals import payments
from catallax.language.worlds.marginal_value import Case, game_tree, solve

ACT = Choose("What to do?", ("this", "that", "nothing"))
ALL = {"I1": 1, "I2": 1, "I3": 1}


def random_world(luck):
    """Three outcomes, three actions, three signals at prices of whole micro-credits."""
    drawn = worlds.random_world(luck, outcomes=3, dearest=0.3)
    prices = {name: to_credits(to_micro(price)) for name, price in drawn.prices.items()}
    return worlds.World(drawn.joint, worlds.Actions(luck.random((3, 3))), prices=prices)


def earned(result, market):
    """Micro-credits of each in its first run."""
    return {name: market.journal[f"informer:{name}"] - to_micro(market.wealth) for name in market.seats}


def nested(case, luck):
    """A policy that tells some atom by chance, whether it pays or not."""
    free = lambda told: [n for n in range(len(case.prices)) if not told >> n & 1]  # noqa: E731
    return lambda told: told | 1 << int(luck.choice(free(told))) if free(told) else told


def test_what_is_told_is_what_the_game_tree_tells_and_pays():
    luck, silent = np.random.default_rng(0), 0
    for _ in range(40):
        world = random_world(luck)
        state = world.draw(luck)[1]
        case = Case.of(world, state)
        solution, path = solve(case), game_tree(case)
        market = MarginalValueMarket([Rebutter(name, world) for name in "abc"])
        result = market.run(Buyer(ACT, 2.0), state)
        assert (
            case.numbered(receipt.teaser for receipt in result.receipts) == solution.first == (path[0] if path else 0)
        )
        assert {receipt.informer for receipt in result.receipts} <= {
            "a"
        } and result.stopped is None  # all later moves are null
        np.testing.assert_allclose(result.output, case.beliefs[solution.first])
        np.testing.assert_allclose(earned(result, market)["a"] / MICRO, solution.gains[0], atol=2e-6)
        assert market.journal.audit() == 0 and not market.journal.held
        silent += not path
    assert 0 < silent < 40


def test_whatever_is_told_is_paid_by_its_marginal_value():
    """Scripted moves, most of them bad ones: rewards are those of the case, the buyer pays what all was worth, no more."""
    luck, misled = np.random.default_rng(1), 0
    for _ in range(20):
        world = random_world(luck)
        state = world.draw(luck)[1]
        case = Case.of(world, state)
        market = MarginalValueMarket(
            [Rebutter(name, world, policy=lambda c: nested(c, luck)) for name in "ab"], stake=3.0
        )
        result = market.run(Buyer(ACT, 2.0), state)
        shown = np.cumsum([1 << case.atoms.index(receipt.teaser) for receipt in result.receipts]).tolist()
        rewards = case.rewards(shown)
        paid = earned(result, market)
        np.testing.assert_allclose(
            [paid["a"], paid["b"]], [rewards[::2].sum() * MICRO, rewards[1::2].sum() * MICRO], atol=4
        )
        whole = float(case.worth(7, 7) - case.worth(7, 0))
        assert result.spent == pytest.approx(whole * MICRO, abs=2)
        assert sum(paid.values()) + market.journal.balances.get("burn", 0) == result.spent
        misled += rewards.min() < 0
        assert market.journal.audit() == 0 and not market.journal.held
    assert misled > 5


def test_the_answer_falls_silent_where_its_defence_costs_more_than_the_stake():
    for defence, told in ((0.99, ["I1=1"]), (1.01, [])):
        world = worlds.rebuttal(defence)
        result = MarginalValueMarket([Rebutter(name, world) for name in "ab"], stake=2.0).run(Buyer(ACT, 2.0), ALL)
        assert [receipt.text for receipt in result.receipts] == told


def test_who_misleads_pays_who_corrects_it_out_of_its_stake():
    world, state = worlds.fact_check(), {"I1": 1, "I2": 1}

    def says(name):
        def offers(view):
            return (
                []
                if any(good.teaser == name for good in view.exhibits)
                else [Offer.of(f"{name}={view.own}", 0.0, 0.0, name)]
            )

        return Informer(name, offers, signal=name)

    for stake, claim in ((1.0, -0.0471), (0.01, -0.01)):
        market = MarginalValueMarket([says("I1"), says("I2")], Bayesian(world), stake)
        result = market.run(Buyer(Forecast("E", 0.1), 1.0), state)
        paid = earned(result, market)
        assert (paid["I1"] / MICRO, paid["I2"] / MICRO) == pytest.approx((claim, 0.0915), abs=5e-5)
        assert result.output[0] == pytest.approx(0.2) and market.journal.audit() == 0


def test_who_contradicts_what_was_told_is_not_believed_and_pays():
    world, state = worlds.fact_check(), {"I1": 1, "I2": 1}
    liar = Informer("liar", lambda view: [Offer.of("I1=0", 0.0, 0.0)] if view.exhibits else [])
    market = MarginalValueMarket([Rebutter("a", world), liar], Bayesian(world))
    paid = earned(market.run(Buyer(Forecast("E", 0.1), 1.0), state), market)
    assert paid["a"] == 44_403 == -paid["liar"]


def test_short_purses_shrink_gains_alike():
    assert payments([30, -50, 60], stake=20, purse=70) == [30, -20, 60]
    assert payments([30, -50, 60], stake=20, purse=10) == [10, -20, 20]


@dataclass(frozen=True)
class Worth(AbstractAppraiser):
    """What each decision is worth, made of what was known then; or an error, or something else."""

    value: Callable[[Any], float] = len

    async def appraise(self, brief, outputs, known):
        return [self.value(output) for output in outputs]


def says(name, *texts, price=0.0):
    return Informer(name, lambda view: [Offer.of(text, price, 0.0, salt=name) for text in texts])


def market(*informers, worth=len, **more):
    return MarginalValueMarket(informers, Worth(worth), **more)


def ask(arena, budget=10.0):
    return arena.run(Buyer(Answer("?"), budget, Decider(lambda brief, known: [receipt.text for receipt in known])))


def test_what_is_not_taken_stays_sealed():
    """Copies, what costs more than the stake or the purse, and what is told by who has no stake."""
    arena = market(
        says("a", "one fact", "ONE fact."), says("copy", "one fact!"), says("dear", "a dear secret", price=1.1),
        says("poor", "a poor secret"), wealth=1.5,
    )  # fmt: skip
    arena.journal.post({"informer:poor": -1_000_000, "burn": 1_000_000}, "a fire")
    result = ask(arena)
    assert result.output == ["one fact"] and result.spent == 1_000_000
    assert "secret" not in repr(result) + result.report() and "secret" not in repr(arena.journal.transactions)
    assert [slip.bought for slip in result.market.slips[:2]] == [True, False]


@pytest.mark.parametrize(
    ("worth", "reason"),
    [
        (lambda output: 1 / 0, Reason.BROKEN),
        (lambda output: float("nan"), Reason.MALFORMED),
    ],
)
def test_without_a_judgement_stakes_go_back(worth, reason):
    arena = market(says("a", "a fact", price=0.25), worth=worth)
    result = ask(arena)
    assert result.stopped is reason and result.output == ["a fact"] and result.spent == 250_000
    assert arena.journal["informer:a"] == 10_000_000 and not arena.journal.held and arena.journal.audit() == 0


def test_calls_are_booked_before_they_are_made_and_a_full_bill_ends_it():
    """Four turns of 1,000 (two tell something, two end it) and a judgement of 500."""
    for bill, booked, reason in (
        (4_500, 4_500, None),
        (4_499, 4_000, Reason.OVER_BUDGET),
        (2_500, 2_000, Reason.OVER_BUDGET),
    ):
        pair = says("a", "one fact"), says("b", "another")
        for informer in pair:
            informer.quote = 1_000
        arena = market(*pair, limits=Limits(bill=bill))
        arena.appraiser = Quoted()
        result = ask(arena)
        assert (
            result.stopped is reason
            and arena.journal["provider@usd"] == booked
            and result.output == ["one fact", "another"]
        )
        assert (arena.journal["informer:a"] == 10_000_000) is (reason is not None) and not arena.journal.held


class Quoted(Worth):
    def fee(self, brief, outputs, known):
        return 500


def test_a_run_out_of_time_gives_stakes_back():
    async def late(view):
        await asyncio.sleep(9)
        return []

    arena = market(says("a", "a fact"), Informer("b", late), limits=Limits(run=0.05))
    result = ask(arena)
    assert result.stopped is Reason.TIMEOUT and result.output == ["a fact"] and result.spent == 0
    assert arena.journal["informer:a"] == 10_000_000 and not arena.journal.held


class Talker(Informer):
    """Always has something to add, and notes what it is told."""

    def __init__(self, name):
        super().__init__(name, lambda view: [Offer.of(f"fact number {view.round}", 0.0, 0.0, salt="s")])
        self.heard = []

    async def update(self, outcome):
        self.heard.append((outcome.offer, outcome.earned))


def test_who_always_has_something_to_add_runs_out_of_stakes_and_a_rerun_is_the_same(tmp_path):
    for _ in range(2):
        with Journal.rerun(tmp_path / "journal") as journal:
            talker = Talker("a")
            result = ask(market(talker, worth=lambda output: 0.1 * len(output), wealth=4.5, journal=journal))
            assert len(result.receipts) == 4 and journal["informer:a"] == 4_900_000 and not journal.waiting
            assert talker.heard == [(f"run 0/{turn}", 100_000) for turn in range(4)]


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="sealed informers"):
        market(SealedInformer("a", lambda view: []))
    with pytest.raises(ValueError, match="micro-credit"):
        market(says("a"), stake=0.0)
    with pytest.raises(ValueError, match="share 0 finite worlds"):
        MarginalValueMarket([says("a")])
    with pytest.raises(ValueError, match="nobody can decide"):
        market(says("a")).run(Buyer(Answer("?"), 1.0))
    with pytest.raises(ValueError, match="only informers end"):
        market(says("a")).run(Buyer(Answer("?"), 1.0, stop=lambda known: True))
    with pytest.raises(ValueError, match="no signal"):
        Rebutter("a", worlds.fact_check(), ["I9"])
