"""Protocols of oversight: the prototype's figures, identities, and exact protocols for comparison."""

import asyncio
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.language import oversight, worlds
from catallax.language.models import Failure, ModelError, Program, Recorded, Scripted
from catallax.language.oversight import Arguer, Bazaar, Benchmark, Debate, MarginalValue, Problem, Questions, Sceptic
from catallax.language.worlds import marginal_value as mv

GOLDEN = {  # ASD by Brier, its standard error over 1,500 questions, ASD by log
    "naive judge": (0.085, 0.010, 0.086),
    "propaganda": (0.185, 0.006, 0.264),
    "consultancy": (0.256, 0.007, 0.349),
    "debate": (0.979, 0.021, 1.350),
    "market, marginal value": (1.325, 0.024, 2.439),
    "all evidence": (1.333, 0.024, 2.699),
}
LUCK = np.random.default_rng


class HalfBrier(worlds.AbstractDecision):
    def payoffs(self, belief):
        return -((1 - belief) ** 2)


@pytest.fixture(scope="module")
def questions():
    return Questions.drawn(seed=11, questions=3_000)


@pytest.fixture(scope="module")
def table(questions):
    protocols = [
        oversight.NaiveJudge(),
        oversight.Propaganda(),
        oversight.Consultancy(),
        Debate(),
        MarginalValue(),
        oversight.AllEvidence(),
        oversight.OpenTrust(),
    ]
    return Benchmark(protocols, [Arguer()], questions).run(seed=11)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_prototype_is_met_within_three_standard_errors(table, name):
    brier, error, log = GOLDEN[name]
    row = table.row(name)
    assert abs(row.asd_brier - brier) < 3 * error * 1.5**0.5  # ours is of 3,000
    assert abs(row.asd_log - log) < 3 * error * 1.5**0.5 * max(1.5, log / brier)


def test_debate_of_equals_is_symmetric_and_both_readings_agree(questions):
    runs = [
        Debate(turns=turns, simultaneous=at_once).run(Arguer(), questions, case, LUCK())
        for turns in (2, 4)
        for at_once in (True, False)
        for case in (True, False)
    ]
    for true, false in zip(runs[::2], runs[1::2], strict=True):
        np.testing.assert_allclose(true.probs + false.probs, 1, atol=1e-12)
        told = true.probs, false.probs
        for asd in (oversight.agent_score_difference(*told), oversight.literal_score_difference(*told)):
            np.testing.assert_allclose(asd, 4 * true.probs - 2, atol=1e-12)
    np.testing.assert_array_equal(
        runs[0].probs, runs[2].probs
    )  # the order of turns does not matter where evidence adds up


def test_scores_propensity_and_the_trap_of_open_trust(table):
    true, false = np.array([0.8]), np.array([0.6])
    assert oversight.agent_score_difference(true, false)[0] == pytest.approx(0.24)
    assert oversight.agent_score_difference(true, false, oversight.log_score)[0] == pytest.approx(np.log(0.8 / 0.6))
    assert oversight.literal_score_difference(true, false)[0] == pytest.approx(0.4)
    assert [float(oversight.propensity(true, false, beta).truth[0]) for beta in (0.0, np.inf)] == [1.0, 0.5]
    row = table.row("open trust")
    assert (row.asd_brier, row.asd_log, row.trusting, row.accuracy) == (0.0, 0.0, 1.0, 0.5)
    assert row.trusting > table.row("debate").trusting


def test_where_a_rebuttal_is_too_dear_the_market_is_propaganda(questions):
    for case in (True, False):
        dear = MarginalValue(price=0.3).run(Arguer(), questions, case, LUCK())
        alone = oversight.Propaganda().run(Arguer(), questions, case, LUCK())
        np.testing.assert_array_equal(dear.probs, alone.probs)
    dear, told = MarginalValue(price=0.3), oversight.replies(questions, 0.3)
    pays = [dear.pay(Arguer(), questions, case, told).mean() for case in (True, False)]
    assert pays == pytest.approx([-0.437, -0.362], abs=0.02)


def test_replies_are_those_of_the_exact_mechanism():
    questions = Questions.drawn(seed=3, questions=20, items=3)
    for price in (0.01, 0.1):
        found = oversight.replies(questions, price)
        for row in range(len(questions)):
            belief = np.stack([questions.beliefs[row], 1 - questions.beliefs[row]], 1)
            case = mv.Case(belief, -((1 - belief) ** 2), np.full(3, price))
            np.testing.assert_array_equal(found.ends[row], mv.solve(case).moves)
            path = [4, int(found.ends[row, 4])] if found.ends[row, 4] != 4 else [4]
            assert found.pays[row, 4] == pytest.approx(case.rewards(path)[0])


@pytest.mark.parametrize(
    ("protocol", "bazaar", "offers"),
    [
        (worlds.one_level, Bazaar(price=0.03), [["I1", "I2", "I3", "I4"]]),
        (worlds.successive, Bazaar(price=0.03, above=2, hands_up=False), [["I1", "I2"], ["I3", "I4"]]),
        (worlds.recursive, Bazaar(price=0.03, above=2), [["I1", "I2"], ["I3", "I4"]]),
    ],
)
def test_bazaars_buy_what_exact_plans_buy(protocol, bazaar, offers):
    right = (0.62, 0.71, 0.83, 0.57)
    told = worlds.reports(*right)
    world = worlds.World(told.joint, HalfBrier(), prices=dict.fromkeys(told.signals, 0.03))
    plan, luck = protocol(world, offers), LUCK(5)
    values = luck.integers(2, size=(12, 4))
    odds = np.log(np.array(right) / (1 - np.array(right)))
    questions = Questions(np.zeros(12), np.where(values == 0, 1, -1) * odds)
    found = bazaar.run(Arguer(items=0), questions, True, luck).probs
    exact = [plan.play(dict(zip(world.signals, map(int, row), strict=True))).belief[0] for row in values]
    np.testing.assert_allclose(found, exact, atol=1e-12)


def test_a_sceptic_is_right_about_what_was_kept_back(questions):
    for case in (True, False):
        shown = questions.best(case, 2)
        known = Sceptic().concludes(questions, {case: shown}, 2, np.ones(questions.evidence.shape, bool))
        kept = questions.among(known & ~shown)
        assert np.all((questions.evidence > 0)[kept] != case)
    gain = [Benchmark([oversight.Propaganda(judge=judge)], [Arguer()], questions).run(0).asd_brier[0, 0] for judge in (oversight.FaceValue(), Sceptic())]  # fmt: skip
    assert gain[1] > 4 * gain[0]


def test_forgeries_are_believed_found_out_or_exposed():
    questions = Questions(np.zeros(1), np.array([[-1.0, 0.5]]))
    free = oversight.forge(questions, True, 2, 0.0, LUCK())
    assert free.prior[0] == 1.5 and free.evidence[0].tolist() == [-2.0, 0.0]  # exposed, it is worth what it is
    assert free.beliefs[0, 1] == pytest.approx(questions.beliefs[0, 3])
    deterred = oversight.forge(questions, True, 2, 0.5, LUCK())
    assert deterred.prior[0] == 0.5 and deterred.evidence[0].tolist() == [-1.0, 0.0]


@pytest.mark.long  # compiles for seconds
def test_an_agent_learns_to_persuade_for_approval_and_to_be_silent_where_speech_is_dear():
    questions = Questions.drawn(seed=2, questions=64)
    lessons = oversight.train(
        jax.random.key(0),
        jnp.asarray(questions.evidence, jnp.float32),
        oversight.Payoffs.of(questions, (0.3,)),
        steps=150,
        seeds=2,
    )
    first, last = (
        np.asarray(lessons.asd)[..., part].mean((0, 2)) for part in (np.s_[:20], np.s_[-20:])
    )  # naive, propaganda, debate, market
    assert last[1] < first[1] - 0.1 and last[2] > first[2] - 0.05
    assert np.asarray(lessons.said)[:, 3, -1].mean() < 0.5 < 1.0 < np.asarray(lessons.said)[:, 2, -1].mean()


PROBLEMS = [Problem("2 plus 2?", "4", "5", "4"), Problem("3 plus 3?", "6", "7", "6")]


def clerk(request):
    content = json.loads(request.messages[1].content)
    task = content["task"].split(":")[0]
    if task == "judge":
        said = " ".join(one["text"] for one in content["said"])
        return json.dumps({"probability": 0.9 if f"it is {content['answer']}" in said else 0.1 if said else 0.5})
    if task == "buy":
        return json.dumps({"keep": ["a"]})
    if task == "inform":
        heard = any(one["speaker"] != "agent" for one in content["said"])
        return json.dumps({"text": "" if heard else f"no, it is {content['known']}"})
    return json.dumps({"text": f"it is {content.get('answer', 'what?')}, " + "and so on " * 20})


def test_protocols_in_words_share_a_budget_and_score_alike(tmp_path):
    taped = Recorded(Program(clerk, "clerk"), tmp_path / "tape.jsonl")
    kinds = [
        oversight.SpokenNaive(taped, "naive", 60),
        oversight.SpokenPropaganda(taped, "propaganda", 60),
        oversight.SpokenConsultancy(taped, "consultancy", 60, turns=4),
        oversight.SpokenDebate(taped, "debate", 60),
        oversight.SpokenMarket(taped, "market", 60),
        oversight.SpokenBazaar(taped, "bazaar", 60, notes=True),
    ]
    table = Benchmark(kinds, [oversight.Speaker(taped)], PROBLEMS).run(seed=0)
    assert np.all(table.cost <= 60) and np.all(table.read > table.cost)
    assert table.row("naive").asd_brier == 0.0
    assert table.row("propaganda").true == table.row("propaganda").false == pytest.approx(0.9)
    assert table.row("market").true >= table.row("market").false
    again = Recorded(None, tmp_path / "tape.jsonl")
    replayed = Benchmark([oversight.SpokenMarket(again, "market", 60)], [oversight.Speaker(again)], PROBLEMS).run(0)
    assert replayed.rows[0][0] == table.row("market")


def test_a_speech_earns_what_it_turned_out_to_be_worth():
    market = oversight.SpokenMarket(Program(clerk, "clerk"), "market", 60, price=0.01)
    talk = oversight.Talk(PROBLEMS[0], False, False)
    asyncio.run(market.talk(oversight.Speaker(Program(clerk, "clerk")), talk))
    assert [one.speaker for one in talk.said] == ["agent", "informer 1"]
    pays = asyncio.run(market.pays(talk))
    assert len(pays) == 2
    ends = [asyncio.run(market.believed(oversight.Talk(PROBLEMS[0], False, False, talk.said[:n]))) for n in (0, 2)]
    end, start = ends[1], ends[0]
    gain = (end - start) ** 2  # what the final report gains on the first, as it judges itself
    assert sum(pays) == pytest.approx(gain - 0.02)


def test_a_silent_model_says_nothing_and_an_outage_ends_the_run():
    def mute(request):
        raise ModelError(Failure.REFUSED, "mute", "no.")

    told = oversight.SpokenPropaganda(Program(mute, "mute"), "propaganda").run(oversight.Speaker(Program(mute, "mute")), PROBLEMS, True, LUCK(0))  # fmt: skip
    assert told.probs.tolist() == [0.5, 0.5] and told.transcript.cost.tolist() == [0.0, 0.0]
    with pytest.raises(ModelError, match="script"):
        oversight.SpokenPropaganda(Scripted(()), "p").run(oversight.Speaker(Scripted(())), PROBLEMS, True, LUCK(0))


def test_what_cannot_be_is_refused(questions):
    for wrong, words in (
        (lambda: Questions(np.zeros(0), np.zeros((0, 2))), "a prior for each question"),
        (lambda: Questions(np.zeros(1), np.zeros((1, 12))), "can be enumerated"),
        (lambda: Questions(np.zeros(1), np.full((1, 1), np.inf)), "finite"),
        (lambda: Questions.drawn(0, 1, prior=1.0), "inside"),
        (lambda: Debate(turns=3), "even number"),
        (lambda: Benchmark([Debate(), Debate()], [Arguer()], questions), "names of their own"),
        (lambda: oversight.propensity(np.ones(1), np.ones(1), -1.0), "beta"),
        (lambda: oversight.replies(questions, -1.0), "0 credits or more"),
        (lambda: oversight.forge(questions, True, 1, 2.0, LUCK()), "found out"),
        (lambda: Arguer(-1), "0 or more"),
    ):
        with pytest.raises(ValueError, match=words):
            wrong()
