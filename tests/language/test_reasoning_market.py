"""A chain of thoughts is sold, worked on and paid for; whatever goes wrong, the money is accounted."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from catallax.core import Journal, to_micro
from catallax.language import reasoning as r
from catallax.language.models import Failure, ModelError, Program, Scripted

CREDIT = 1_000_000


def worker(
    name: str, bid: Any, text: str = "", *, at: int | None = None, final: bool = False, cost: int = 0, **rest: Any
):
    """Somebody who appends a text to a state of a given length."""
    rule = bid if isinstance(bid, r.AbstractBidRule) else r.FixedBid(float(bid))
    wants = None if at is None else lambda view: len(view.state) == at
    return r.ProgramThinker(
        name, rule, lambda view: r.Act(text or name, final, cost), most=cost / CREDIT, wants=wants, **rest
    )


def task(bounty: float = 1.0, right: str = "c") -> r.Task:
    return r.Task.of("abc?", lambda answer: float(answer == right), bounty=bounty)


def chain(**settings: Any) -> r.ReasoningMarket:
    staff = [
        worker("a", 0.2, at=0, cost=10_000),
        worker("b", 0.5, at=1, cost=20_000),
        worker("rival", 0.4, at=1, cost=5_000),
        worker("c", 0.7, at=2, final=True, cost=30_000),
    ]
    return r.ReasoningMarket(staff, **settings)


def settled(market: r.ReasoningMarket) -> None:
    """Books close, and nothing is put aside any more."""
    assert market.journal.audit() == 0
    assert not market.journal.held


def test_the_chain_is_paid_link_by_link():
    market = chain(endowment=1.0, funds=5.0)
    episode = market.run(task())
    assert (episode.ending, episode.answer, episode.score, episode.bill) == (r.Ending.DELIVERED, "c", 1.0, 60_000)
    balances = market.journal.balances
    assert balances["a"] == CREDIT - 200_000 + 500_000 - 10_000
    assert balances["b"] == CREDIT - 500_000 + 700_000 - 20_000
    assert balances["rival"] == CREDIT
    assert balances["c"] == CREDIT - 700_000 + CREDIT - 30_000
    assert balances["consumer"] == 5 * CREDIT - CREDIT + 200_000
    assert balances["compute"] == 60_000
    settled(market)


def test_a_log_is_settled_again_and_a_forged_one_is_refused():
    market = chain(auction=r.CreditConservingVickrey())
    before = dict(market.journal.balances)
    episode = market.run(task())
    again = r.Episode.from_json(episode.to_json())
    assert again == episode
    gains = r.replay(market, again)
    for account, balance in market.journal.balances.items():
        assert balance - before.get(account, 0) == gains.get(account, 0)
    with pytest.raises(ValueError, match="round 1: the log says"):
        r.replay(market, r.Episode.from_json(episode.to_json().replace('"b"', '"rival"', 1)))
    with pytest.raises(ValueError, match="no record of an episode"):
        r.Episode.from_json("{}")


@pytest.mark.parametrize(
    ("auction", "pays", "receives"),
    [
        (r.FirstPrice(), 500_000, 500_000),
        (r.CreditConservingVickrey(), 400_000, 400_000),
        (r.Vickrey(), 400_000, 500_000),
        (r.Trembling(r.Vickrey(), 0.0), 400_000, 500_000),
    ],
)
def test_prices_of_the_contested_round(auction, pays, receives):
    market = chain(auction=auction)
    contested = market.run(task()).rounds[1]
    assert (contested.winner, contested.pays, contested.receives) == ("b", pays, receives)
    settled(market)


def test_one_owner_does_not_bid_against_itself_and_ties_are_drawn():
    market = r.ReasoningMarket(
        [worker("one", 0.6, final=True, group="firm"), worker("two", 0.5, group="firm"), worker("x", 0.1)],
        auction=r.CreditConservingVickrey(),
    )
    assert market.run(task()).rounds[0].pays == 100_000
    alike = r.ReasoningMarket([worker(name, 0.3, final=True) for name in "pqr"], auction=r.FirstPrice())
    won = Counter(episode.rounds[0].winner for episode in alike.run_all([task()] * 60))
    assert set(won) == set("pqr")
    repeated = r.ReasoningMarket([worker(name, 0.3, final=True) for name in "pqr"])
    assert Counter(episode.rounds[0].winner for episode in repeated.run_all([task()] * 60)) == won


@pytest.mark.parametrize("auction", [r.Vickrey(), r.Trembling(r.Vickrey(), 0.9), r.CreditConservingVickrey()])
def test_an_owner_gains_nothing_by_buying_from_itself(auction):
    """Rounds of one firm's accounts cost what the firm paid first, whatever the rule grants sellers."""
    firm = [worker(name, r.WealthShare(share), group="firm") for name, share in (("one", 1.0), ("two", 0.5))]
    market = r.ReasoningMarket(firm, auction=auction, endowment=1.0)
    episode = market.run(task())
    assert len(episode.rounds) == 8
    assert market.wealth["one"] + market.wealth["two"] == 2 * CREDIT - episode.rounds[0].pays
    assert r.replay(market, episode).get("consumer", 0) == episode.rounds[0].receives
    settled(market)


def failing(failure: Failure, cost: int) -> Callable[[r.View], r.Act]:
    def work(view: r.View) -> r.Act:
        raise ModelError(failure, "bad", "no", cost=cost)

    return work


@pytest.mark.parametrize(
    ("work", "kind", "bill"),
    [
        *(
            (failing(failure, 7_000), failure.value, 7_000)
            for failure in (Failure.REFUSED, Failure.TIMEOUT, Failure.GONE)
        ),
        (lambda view: None, "empty", 0),
        (lambda view: r.Act("", cost=3_000), "empty", 3_000),
        (lambda view: r.Act("x" * 101, cost=3_000), "malformed", 3_000),
        (lambda view: r.Act("\ud800", cost=3_000), "malformed", 3_000),  # no model could be sent this text
        (failing(Failure.SERVER_ERROR, 25_000), "server_error", 25_000),
    ],
)
def test_a_failed_act_leaves_the_state_and_is_billed(work, kind, bill):
    bad = r.ProgramThinker("bad", r.FixedBid(0.5), work, most=0.01)
    market = r.ReasoningMarket([bad, worker("good", 0.3, "c", final=True)], endowment=1.0, longest=100)
    episode = market.run(task())
    first, second = episode.rounds
    assert (first.winner, first.thought, first.failure, first.cost) == ("bad", None, kind, bill)
    assert second.winner == "good" and second.seller == "bad" and episode.score == 1.0
    assert market.wealth["bad"] == CREDIT - 500_000 + 300_000 - bill
    assert market.journal.balances.get("compute", 0) == bill
    settled(market)


def test_who_is_too_slow_pays_what_was_put_aside():
    class Slow(r.AbstractThinker):
        async def act(self, view):
            await asyncio.sleep(60)
            raise AssertionError

    market = r.ReasoningMarket([Slow("slow", r.FixedBid(0.5), most=0.04)], endowment=1.0, patience=0.01)
    episode = market.run(task())
    assert (episode.rounds[0].failure, episode.bill, episode.ending) == ("timeout", 40_000, r.Ending.NO_BID)
    assert market.wealth["slow"] == CREDIT - 500_000 - 40_000
    settled(market)


def test_a_broken_program_raises_and_its_episode_is_undone():
    def broken(view: r.View) -> r.Act:
        raise RuntimeError("a bug")

    market = r.ReasoningMarket(
        [
            worker("a", 0.4, at=0, cost=10_000),
            r.ProgramThinker("b", r.FixedBid(0.2), broken, wants=lambda v: len(v.state) == 1),
        ]
    )
    before = dict(market.wealth)
    with pytest.raises(RuntimeError, match="a bug"):
        market.run(task())
    assert market.wealth == before
    assert market.journal["operator"] == -10_000  # the work was really done
    settled(market)


def test_graders_that_raise_or_exaggerate_give_nothing():
    for grade in (lambda answer: 1 / 0, lambda answer: 7.0, lambda answer: float("nan")):
        market = r.ReasoningMarket([worker("c", 0.1, final=True)])
        assert market.run(r.Task.of("?", grade)).score == 0.0


def test_endings():
    assert chain(reserve=0.3).run(task()).ending is r.Ending.NO_BID
    assert chain(depth=2).run(task()).ending is r.Ending.DEPTH
    capped = chain(bill_cap=0.04)
    assert capped.run(task()).ending is r.Ending.BILL
    assert capped.journal["consumer"] == 1_000_000 * CREDIT + 200_000  # the bounty came back, the first price stays
    settled(capped)


def test_nobody_spends_the_same_money_in_several_episodes():
    open_at_once, most_open = 0, 0

    class Waiting(r.AbstractThinker):
        async def act(self, view):
            nonlocal open_at_once, most_open
            open_at_once += 1
            most_open = max(most_open, open_at_once)
            await asyncio.sleep(0)
            open_at_once -= 1
            return r.Act("c", final=True, cost=100_000)

    market = r.ReasoningMarket([Waiting("w", r.FixedBid(0.2), most=0.1)], endowment=1.0)
    episodes = market.run_all([task()] * 20, at_once=20)
    # 0.3 credits each: three at full bid, and one with the last 0.1 at no price
    assert most_open == 4
    assert [len(episode.rounds) for episode in episodes].count(1) == 4
    settled(market)


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    path = tmp_path / "journal"

    def play(journal: Journal, orders: int) -> dict[str, int]:
        staff = [worker(name, r.ValueRegression(), at=n, final=n == 1, cost=1_000) for n, name in enumerate("bc")]
        market = r.ReasoningMarket(staff, journal=journal)
        market.run_all([task()] * orders)
        settled(market)
        return dict(journal.balances)

    whole = play(Journal(), 6)
    with Journal(path) as journal:
        play(journal, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]) + lines[-2][:20])
    with Journal.rerun(path) as journal:
        assert play(journal, 6) == whole
    lines = path.read_bytes().splitlines()
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_a_run_that_was_stopped_or_broke_goes_on(tmp_path, stop):
    def play(journal: Journal, breaks: int | None = None) -> dict[str, int]:
        calls = iter(range(99))

        def work(view: r.View) -> r.Act:
            if next(calls) == breaks:
                raise stop
            return r.Act("c", bool(view.state), 1_000)

        market = r.ReasoningMarket([r.ProgramThinker("a", r.ValueRegression(), work, most=0.01)], journal=journal)
        market.run_all([task()] * 3)
        return dict(journal.balances)

    path = tmp_path / "journal"
    with Journal(path) as journal, pytest.raises(stop):
        play(journal, breaks=3)
    with Journal(path) as journal:
        assert journal.transactions[-1].kind == Journal.UNDO and not journal.held
    with Journal.rerun(path) as journal:
        assert play(journal) == play(Journal())


def test_learned_vickrey_bids_are_action_values():
    """Four states, three ways on from each; Q by dynamic programming."""
    luck = np.random.default_rng(3)
    goes, cost = luck.integers(0, 5, (4, 3)), luck.integers(0, 200_000, (4, 3))
    goes[:, 0] = np.arange(1, 5)  # there is a way out
    q = np.zeros((4, 3))
    for _ in range(200):
        worth = np.append(np.maximum(q.max(1), 0), CREDIT)
        q = worth[goes] - cost

    def place(view: r.View) -> int:
        return int(view.last) if view.state else 0

    def act(action: int) -> Callable[[r.View], r.Act]:
        def work(view: r.View) -> r.Act:
            there = goes[place(view), action]
            return r.Act(str(there), bool(there == 4), int(cost[place(view), action]))

        return work

    rules = [r.ValueRegression(lambda view: (str(place(view)),), start=1.0, rate=0.5) for _ in range(3)]
    staff = [r.ProgramThinker(f"action {n}", rule, act(n), most=0.2) for n, rule in enumerate(rules)]
    market = r.ReasoningMarket(
        staff, auction=r.Trembling(r.Vickrey(), 0.5), endowment=10_000.0, depth=60, first_seller="burn"
    )
    goal = r.Task.of("0", lambda answer: 1.0)
    market.run_all([goal] * 500)
    states = [r.View(r.Question(str(n), CREDIT), (r.Thought("", "", str(n), "", 0),), "", "", 0, 0) for n in range(4)]
    learned = np.array([[rule.value(state) for rule in rules] for state in states])
    reached = [0]
    for state in range(4):
        if state in reached:
            reached += goes[state].tolist()
    seen = [state for state in range(4) if state in reached]
    np.testing.assert_allclose(learned[seen], q[seen], atol=2_000)
    settled(market)


def test_models_state_bids_and_bad_replies_are_no_bids():
    replies = {"good": '{"bid": 0.25}', "boast": '{"bid": 9}', "talk": "I bid it all", "none": '{"price": 1}'}

    def bidder(name: str, reply: Callable) -> r.AbstractThinker:
        rule = r.SelfReported(Program(reply, name), asking=0.01)
        return worker(name, rule, "c", final=True)

    def refuses(request):
        raise ModelError(Failure.REFUSED, "no", "no", cost=2_000)

    staff = [bidder(name, lambda request, reply=reply: reply) for name, reply in replies.items()]
    market = r.ReasoningMarket([*staff, bidder("refuses", refuses)], endowment=1.0)
    (only,) = market.run(task()).rounds
    assert only.bids == (r.Bid("good", "good", 250_000),)
    assert dict(only.asked)["refuses"] == 2_000
    assert market.wealth["refuses"] == CREDIT - 2_000
    settled(market)


def test_prompted_thinkers_answer_or_add_and_tools_are_called():
    asked = []

    def reply(request):
        asked.append(request.messages[-1].content)
        return "ANSWER: 5" if "5" in request.messages[-1].content else "add(2, 3)"

    thinker = r.PromptedThinker("model", r.FixedBid(0.3), Program(reply), "You add.", most=0.001)
    add = r.ToolThinker("add", r.FixedBid(0.5), r"add\((\d+), (\d+)\)$", lambda a, b: str(int(a) + int(b)), cost=0.01)
    market = r.ReasoningMarket([thinker, add])
    episode = market.run(r.Task.of("two and three", lambda answer: float(answer == "5")))
    assert [done.winner for done in episode.rounds] == ["model", "add", "model"]
    assert episode.score == 1.0 and '"text": "add(2, 3)"' in asked[-1]
    settled(market)


class Asked(r.AbstractBidRule):
    """A bid that has to be asked for."""

    def __init__(self, said: Any, asking: int = 0) -> None:
        self.said, self.asking = said, asking

    async def bid(self, view, wealth):
        return self.said


def test_the_cap_of_the_bill_counts_what_asking_others_took():
    dear = worker("dear", 0.5, "c", final=True, cost=20_000)
    askers = [worker(name, Asked(r.Quote(r.ABSTAIN, 10_000), 10_000), cost=10_000) for name in "pq"]
    episode = r.ReasoningMarket([dear, *askers], bill_cap=0.03).run(task())
    assert (episode.ending, episode.bill) == (r.Ending.BILL, 20_000)


class Says(r.AbstractBidRule):
    """A bid that is no number of micro-credits."""

    def bid(self, view, wealth) -> Any:
        return 0.5


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (worker("p", Says()), "p: a bid is whole micro-credits, got 0.5"),
        (worker("p", Asked(0.5)), "p: a bid that is asked for is a Quote"),
        (worker("p", Asked(r.Quote(0, -5_000))), "p: a cost is whole micro-credits >= 0"),
        (r.ProgramThinker("p", r.FixedBid(0.9), failing(Failure.REFUSED, -5_000)), "p: a cost is whole"),
        (r.ProgramThinker("p", r.FixedBid(0.9), lambda view: "text"), "p: what a thinker does is an Act"),  # type: ignore[arg-type,return-value]
    ],
)
def test_thinkers_that_keep_no_rule_are_named_and_take_no_money(bad, message):
    market = r.ReasoningMarket([worker("a", 0.2, at=0, cost=10_000), bad])
    wealth = dict(market.wealth)
    with pytest.raises(TypeError, match=message):
        market.run(task())
    assert market.wealth == wealth
    settled(market)


def test_which_thoughts_the_answer_hangs_on():
    def finish(view: r.View) -> r.Act:
        return r.Act("c" if any(thought.text == "a" for thought in view.state) else "?", final=True)

    staff = [
        worker("a", 0.1, at=0),
        worker("idle", 0.1, at=1),
        r.ProgramThinker("end", r.FixedBid(0.1), finish, wants=lambda view: len(view.state) >= 1 and view.round == 2),
    ]
    market = r.ReasoningMarket(staff)
    episode = market.run(task())
    assert asyncio.run(r.removal_credit(market, episode)) == (True, False, True)


@pytest.mark.parametrize("rule", [r.Bandit(width=0.05), r.EXP3(exploration=0.2)])
def test_bandits_learn_to_shade_under_first_price(rule):
    market = r.ReasoningMarket([worker("c", rule, final=True)], endowment=1_000.0)
    episodes = market.run_all([task()] * 600)
    late = np.mean([done.rounds[0].pays for done in episodes[-100:] if done.rounds])
    assert late < 0.3 * CREDIT  # alone, it need not bid at all
    settled(market)


def test_a_bandit_hears_that_a_reserve_was_not_met():
    market = r.ReasoningMarket([worker("c", r.Bandit(), final=True)], reserve=0.3)
    assert [episode.ending for episode in market.run_all([task()] * 4)] == [*[r.Ending.NO_BID] * 3, r.Ending.DELIVERED]


def test_path_shares_and_fines():
    market = chain(payout=r.PathShare())
    assert market.run(task()).shares == (333_333,) * 3
    fined = chain(payout=r.CentredPathShare(), endowment=1.0)
    assert fined.run(task(right="other")).shares == (-333_334, -333_334, -270_000)  # the last one has no more
    settled(fined)

    class Generous(r.AbstractPayout):
        def shares(self, score, bounty, authors):
            return [bounty] * len(authors)

    market = chain(payout=Generous())
    with pytest.raises(ValueError, match="Generous: shares add up to 3000000"):
        market.run(task())
    settled(market)


class TestEconomyOfMinds:
    """What its rules say, on a society of one act."""

    def test_a_bankrupt_is_removed_and_the_episode_played_again(self):
        staff = [
            worker("fool'0", 0, "wrong", final=True),
            worker("fool'1", 0, "wrong", final=True),
            worker("sage", 0, "c", final=True),
        ]
        keep = r.ProgramMutation(lambda parent, luck: parent)
        births = r.EconomyBirths(keep, many=0, repair=0.0)
        market = r.economy_of_minds(staff, keep, bids=r.OutbiddingNovice(0.1), births=births, seed=1)
        for _ in range(6):
            market.run(task())
        # a fool is bankrupt at once (0.5 - 0.11 - 1 < 0); the last one is replaced by its child, whose bid is best, and so on
        assert (
            len(market.thinkers) == 2 and "sage" in market.thinkers and not {"fool'0", "fool'1"} & set(market.thinkers)
        )
        kinds = Counter(transaction.kind for transaction in market.journal.transactions)
        assert kinds["undo"] >= 3 and kinds["leave"] >= 3
        settled(market)

    def test_its_three_schemes(self):
        def at(rule: r.AbstractBidRule, number: int, wealth: float = 1.0) -> int:
            return rule.bid(r.View(r.Question("", CREDIT), (), "", "", number, 0), to_micro(wealth))

        fixed = r.NoviceBid(0.1, 0.01)
        assert [at(fixed, n) for n in range(2)] == [110_000, 100_000]  # the first time alone, won or lost
        assert at(fixed.newborn([]), 2) == 110_000
        eps = r.OutbiddingNovice(0.1, 0.01)
        first, second, asleep, late = (eps.newborn([]) for _ in range(4))
        assert [at(asleep, 0), at(first, 1), at(second, 1)] == [110_000] * 3  # founders know no veteran
        assert [at(first, 2), at(second, 2), at(late, 2)] == [110_000, 110_000, 120_000]
        assert at(late, 3) == 120_000  # for life
        rich, poor, new = (tycoon.newborn([]) for tycoon in [r.Tycoon()] * 3)
        assert [at(rich, 0, 5), at(poor, 0), at(rich, 1, 5), at(poor, 1, 4.9)] == [110_000, 110_000, 500_000, 100_000]
        assert at(rich, 2, 3) == 300_000  # a tycoon for life
        assert at(new, 2) == 310_000

    def test_rent_makes_bankrupts_and_no_answer_is_fined(self):
        idle = worker("idle", 0, at=9)
        mute = worker("mute", 0, "hm", at=0)
        market = r.economy_of_minds(
            [idle, mute], r.ProgramMutation(lambda parent, luck: parent), rent=0.6, rent_every=1
        )
        episode = market.run(task())
        assert episode.ending is r.Ending.NO_BID and episode.shares == (-CREDIT,)
        assert set(market.thinkers).isdisjoint(["idle", "mute"])  # both have heirs
        settled(market)

    def test_the_terminal_bonus_is_put_aside_as_well(self):
        market = chain(payout=r.CentredPathShare(bonus=0.5), funds=1.5)
        assert market.run(task()).shares == (333_333, 333_333, 833_333)
        assert market.journal["consumer"] == 1_500_000 - 1_499_999 + 200_000
        with pytest.raises(ValueError, match="the bounty is"):
            chain(payout=r.CentredPathShare(bonus=0.5), funds=0.5).run(task())
        settled(market)

    def test_births_fill_up_and_rent_is_burnt(self):
        mutation = r.ProgramMutation(lambda parent, luck: parent)
        births = r.EconomyBirths(mutation, every=2, many=1, least=3)
        market = r.economy_of_minds(
            [worker("sage", 0, "c", final=True)], mutation, births=births, rent=0.05, rent_every=2
        )
        market.run(task())
        assert len(market.thinkers) == 3
        burnt = market.journal["burn"]
        market.run(task())
        assert len(market.thinkers) == 4
        assert market.journal["burn"] - burnt == 3 * 50_000 + 110_000  # rent, and the first payment


def test_mutants_of_prompts():
    parent = r.PromptedThinker("m", r.ValueRegression(), Scripted([]), "Be brief. Add numbers.")
    sentences = r.PromptMutation(["Count twice."])
    written = r.ModelMutation(Scripted(["A new prompt."]), sentences)
    luck = random.Random(0)

    async def children() -> list[str]:
        made = [await sentences.child(parent, f"m'{n}", [parent], luck) for n in range(20)]
        made += [await written.child(parent, f"n'{n}", [parent], luck) for n in range(2)]
        return [child.prompt for child in made]  # type: ignore[attr-defined]

    prompts = asyncio.run(children())
    assert prompts[20] == "A new prompt." and prompts[21] != "A new prompt."  # then the script is at its end
    assert all(prompts) and len(set(prompts)) > 3
    with pytest.raises(TypeError, match="has no prompt"):
        asyncio.run(sentences.child(worker("p", 0.1), "q", [], luck))


def test_population_grows_by_mutants_and_loses_the_poor():
    births = r.PeriodicBirths(r.ProgramMutation(lambda parent, luck: parent), every=5, capacity=4)
    staff = [worker("c", 0.5, final=True), worker("fool", 0.9, "wrong", final=True)]
    market = r.ReasoningMarket(staff, endowment=3.0, births=births, departures=r.Bankruptcy(0.5))
    market.run_all([task()] * 30)
    assert "fool" not in market.thinkers and any("'" in name for name in market.thinkers)
    assert len(market.thinkers) <= 4
    settled(market)


def test_summary_of_known_episodes():
    market = chain(endowment=1.0)
    told = r.summarise([market.run(task())], {"a": 1, "b": 1})
    assert (told.accuracy, told.bill, told.length, told.gini) == (1.0, 0.06, 3.0, 0.0)
    # worth less bill: 0.49, 0.68 and 0.97 beside bids of 0.2, 0.5 and 0.7
    assert told.bid_bias == pytest.approx((0.2 - 0.49 + 0.5 - 0.68 + 0.7 - 0.97) / 3)


class TestGym:
    """reasoning-gym, where it is installed."""

    def test_tasks_are_seeded_and_graded(self):
        pytest.importorskip("reasoning_gym")
        tasks = r.gym_tasks(["gcd", "prime_factorization"], 6, seed=4)
        again = r.gym_tasks(["gcd", "prime_factorization"], 6, seed=4)
        assert [t.question for t in tasks] == [t.question for t in again]
        assert Counter(t.question.kind for t in tasks) == {"gcd": 3, "prime_factorization": 3}
        assert all(t.score("no number at all") == 0.0 for t in tasks)  # one of these verifiers raises
        with pytest.raises(ValueError):
            r.gym_tasks(["no such family"], 2)

    def test_without_it_the_extra_is_named(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "reasoning_gym", None)
        with pytest.raises(ImportError, match=r"pip install 'catallax\[reasoning\]'"):
            r.gym_tasks(["gcd"], 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: r.ReasoningMarket([]), "at least one thinker"),
        (lambda: r.ReasoningMarket([worker("a", 1), worker("a", 1)]), "'a' is taken"),
        (lambda: r.ReasoningMarket([worker("consumer", 1)]), "is taken"),
        (lambda: r.ReasoningMarket([worker("a", 1)], depth=0), "depth"),
        (lambda: r.ReasoningMarket([worker("a", 1)], rent=-1.0), "rent is at least 0"),
        (lambda: r.ReasoningMarket([worker("a", 1)], first_seller="void"), "first_seller"),
        (lambda: chain(funds=0.5).run(task()), "raise `funds`"),
        (lambda: chain().run_all([task()], at_once=0), "at_once"),
        (lambda: worker("escrow:x", 1), "a name is not empty"),
        (lambda: r.FixedBid(-1.0), "at least 0"),
        (lambda: r.Trembling(r.FirstPrice(), 2.0), "rate"),
        (lambda: r.EXP3(exploration=0.0), "exploration"),
        (lambda: r.Bandit(levels=(2.0,)), "levels"),
        (lambda: r.ValueRegression(rate=2.0), "rate in"),
        (lambda: r.WealthShare(2.0), "share in"),
        (lambda: r.summarise([], {}), "at least one episode"),
        (lambda: r.PromptMutation([]), "at least one phrase"),
    ],
)
def test_bad_input_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
