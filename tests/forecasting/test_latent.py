"""Latent-variable markets: the properties of their payments, budgets, learners, refusals."""

import itertools

import numpy as np
import pytest

from catallax.forecasting import LMSR
from catallax.forecasting.combinatorial import JunctionTreeMarket
from catallax.forecasting.latent import (
    Binary,
    ExpectationMaximisation,
    GradientAscent,
    LatentMarket,
    LatentModel,
    Numeric,
    Table,
    log_bound,
    log_least,
    log_worst,
)

TRUE = LatentModel.normal(
    {"a": Binary(0.3, (2.0,)), "b": Binary(-0.5, (1.5,)), "c": Binary(0.2, (-1.0,)), "d": Binary(0.0, (1.8,))}
)
FLAT = LatentModel.independent({name: float(TRUE.probability(name)[1]) for name in TRUE.names})
OUTCOMES = TRUE.outcomes(TRUE.codes({}))


def mixed(latents=1, nodes=9):
    """One indicator of each kind."""
    flat, rng = (0.0,) * latents, np.random.default_rng(1)
    return LatentModel.normal(
        {
            "yes": Binary(0.4, (1.0, *flat[1:])),
            "kind": Table(rng.dirichlet(np.ones(3), nodes**latents)),
            "size": Numeric(0.2, (0.5, *flat[:-1])[::-1], 0.6, -1.0, 1.0, 0.5),
        },
        nodes=nodes,
        latents=latents,
    )


def traded(model, names=("yes", "size")):
    """A market after some trades of two traders, one of them after something was seen."""
    market = LatentMarket(model, 5.0)
    for trader in ("ann", "bob"):
        market.open(trader, 40.0)
    market.shift("ann", 0.7)
    market.narrow("bob", 0.2)
    market.edit("ann", "yes", Binary(-0.3, (1.7,)))
    market.resolve("kind", 2)
    market.narrow("bob", -0.05, around=0.0)
    return market


@pytest.mark.parametrize("latents", [1, 2])
def test_payments_telescope_in_every_outcome(latents):
    model = mixed(latents)
    if latents == 2:  # the second latent variable moves too
        moved = [model, model.shifted(0.4, latent=1), model.narrowed(0.1, latent=1).shifted(-0.3)]
        outcomes = model.outcomes(model.codes({}))
        total = sum(
            after.log_joint(outcomes) - before.log_joint(outcomes) for before, after in itertools.pairwise(moved)
        )
        np.testing.assert_allclose(total, moved[-1].log_joint(outcomes) - model.log_joint(outcomes), atol=1e-12)
        return
    for yes, size in itertools.product((0, 1), (-1.0, 0.5)):
        market = traded(model)
        at_first = market.positions[2].after  # the model when "kind" became known
        kind = at_first.log_joint(model.codes({"kind": 2})[None]) - model.log_joint(model.codes({"kind": 2})[None])
        for name, value in (("size", size), ("yes", yes)):
            market.resolve(name, value)
        everything = model.codes({"kind": 2, "size": size, "yes": yes})[None]
        known = model.codes({"kind": 2})[None]
        rest = [m.log_joint(everything) - m.log_joint(known) for m in (market.model, model)]
        paid = market.cash("ann") + market.cash("bob") - 80.0
        assert abs(paid - 5.0 * float((kind + rest[0] - rest[1])[0])) < 1e-5  # rounded down six times
        assert market.is_closed and market.imbalance == 0 and market.books["maker"] == 0
        assert paid <= market.worst_case_loss


def test_what_is_known_already_pays_nothing():
    market = LatentMarket(TRUE, 10.0)
    market.open("late", 50.0)
    market.resolve("a", 1)
    market.move("late", market.model.with_indicator("a", Binary(6.0, (2.0,))))
    market.resolve("b", 0)
    gain = [
        float((m.log_joint(m.codes({"a": 1, "b": 0})[None]) - m.log_joint(m.codes({"a": 1})[None]))[0])
        for m in (market.model, TRUE)
    ]
    assert abs(market.cash("late") - 50.0 - 10.0 * (gain[0] - gain[1])) < 2e-6
    market.close()
    assert market.imbalance == 0 and market.reserved("late") == 0


def test_a_single_indicator_is_an_ordinary_market():
    flat = LatentModel.independent({"x": 0.4})
    after = flat.with_indicator("x", Binary(0.5, (1.2,))).shifted(0.3)
    lmsr = LMSR(outcomes=2, liquidity=3.0, prior=flat.probability("x"))
    trade = lmsr.quote(outcome=1, to_price=float(after.probability("x")[1]))
    for value in (0, 1):
        market = LatentMarket(flat, 3.0)
        market.open("ann", 20.0)
        market.move("ann", after)
        market.resolve("x", value)
        assert abs(market.cash("ann") - 20.0 - float(trade.shares[value] - trade.cost)) < 2e-6
    assert abs(market.worst_case_loss - float(lmsr.worst_case_loss)) < 1e-9


def test_conditions_are_bayes_and_the_junction_tree_says_the_same():
    joint = np.exp(TRUE.log_joint(OUTCOMES))
    assert abs(joint.sum() - 1) < 1e-12
    factors = [(["Z"], np.exp(TRUE.log_weights))]
    factors += [(["Z", name], np.exp(table[:, :-1])) for name, table in zip(TRUE.names, TRUE.tables)]
    tree = JunctionTreeMarket({"Z": len(TRUE.points), **dict.fromkeys(TRUE.names, 2)}, 1.0, factors=factors)
    assert tree.tree.width == 1
    for given in ({}, {"a": 1}, {"a": 0, "c": 1, "d": 1}):
        fits = np.all([OUTCOMES[:, TRUE.names.index(name)] == value for name, value in given.items()], axis=0)
        bayes = (
            joint[fits & (OUTCOMES[:, 1] == 1)].sum() / joint[fits].sum() if given else joint[OUTCOMES[:, 1] == 1].sum()
        )
        assert abs(TRUE.probability("b", given)[1] - bayes) < 1e-12
        assert abs(tree.probability("b", given)[1] - bayes) < 1e-9
    mean, deviation = TRUE.latent()
    assert abs(mean[0]) < 1e-12 and abs(deviation[0] - 1) < 1e-12
    assert TRUE.latent({"a": 1, "b": 1})[0][0] > 0.5


@pytest.mark.parametrize("latents", [1, 2])
def test_coordinates_do_not_matter(latents):
    model = mixed(latents).shifted(0.6).narrowed(0.1)
    turned = model.gauged()
    outcomes = model.outcomes(model.codes({}))
    np.testing.assert_allclose(turned.log_joint(outcomes), model.log_joint(outcomes), atol=1e-9)
    weights = np.exp(turned.log_weights)
    np.testing.assert_allclose(weights @ turned.points, 0, atol=1e-9)
    np.testing.assert_allclose((turned.points * weights[:, None]).T @ turned.points, np.eye(latents), atol=1e-9)
    assert turned.loadings["yes"][0] > 0
    flipped = LatentModel(
        -model.points,
        model.log_weights,
        {n: i.mapped(np.zeros(latents), -np.eye(latents)) for n, i in model.indicators.items()},
    )
    for name, slopes in flipped.loadings.items():
        np.testing.assert_allclose(slopes, model.loadings[name], atol=1e-9)
    if latents == 2:
        assert abs(turned.loadings["yes"][1]) < 1e-9
    assert abs(log_worst(model, turned, model.codes({}))) < 1e-9  # nobody could lose by it


def test_the_worst_case_covers_all_that_is_seen_and_all_that_is_not():
    after = TRUE.shifted(0.5).with_indicator("b", Binary(1.0, (0.3,)))
    nothing = TRUE.codes({})
    worst = log_worst(TRUE, after, nothing)
    gains = after.log_joint(OUTCOMES) - TRUE.log_joint(OUTCOMES)
    assert abs(worst - gains.min()) < 1e-12
    partial = np.array(list(itertools.product((-1, 0, 1), repeat=4)))
    assert (after.log_joint(partial) - TRUE.log_joint(partial)).min() > worst - 1e-12
    bound = log_bound(TRUE, after, nothing)
    assert 1.5 * worst < bound <= worst + 1e-12
    # 16 indicators: the bound, which is below what any of many outcomes needs
    names = [f"x{i}" for i in range(16)]
    wide = LatentModel.normal({name: Binary(0.1 * i, (1.0,)) for i, name in enumerate(names)})
    moved = wide.shifted(0.5).with_indicator("x3", Binary(1.0, (0.3,)))
    drawn = np.random.default_rng(0).integers(0, 2, (2_000, 16))
    assert log_worst(wide, moved, wide.codes({})) <= (moved.log_joint(drawn) - wide.log_joint(drawn)).min()
    assert log_least(wide) <= wide.log_joint(drawn).min()


def test_the_true_joint_distribution_is_the_best_report():
    joint = np.exp(TRUE.log_joint(OUTCOMES))
    for wrong in (TRUE.shifted(0.2), TRUE.narrowed(-0.1), TRUE.with_indicator("c", Binary(0.2, (-0.7,))), FLAT):
        assert joint @ (wrong.log_joint(OUTCOMES) - TRUE.log_joint(OUTCOMES)) < -1e-5


@pytest.mark.parametrize("learner", [ExpectationMaximisation(), GradientAscent(2.0)], ids=["em", "gradient"])
def test_a_learner_discovers_the_latent_variable(learner):
    """From independence to nearly all of the total correlation, which is what k markets of their own lose."""
    rng = np.random.default_rng(0)
    joint = np.exp(TRUE.log_joint(OUTCOMES))
    total_correlation = joint @ (TRUE.log_joint(OUTCOMES) - FLAT.log_joint(OUTCOMES))
    past = OUTCOMES[rng.choice(len(OUTCOMES), 1_500, p=joint / joint.sum())]
    past[rng.random(past.shape) < 0.1] = -1  # some were never seen
    model = learner.learned(FLAT, past, steps=40)
    assert joint @ (model.log_joint(OUTCOMES) - FLAT.log_joint(OUTCOMES)) > 0.93 * total_correlation
    learnt = np.array([model.loadings[name][0] for name in TRUE.names])
    assert np.corrcoef(learnt, [TRUE.loadings[name][0] for name in TRUE.names])[0, 1] > 0.97


def test_tables_and_numbers_are_learned_too():
    rng = np.random.default_rng(2)
    true = mixed()
    outcomes = true.outcomes(true.codes({}))
    chances = np.exp(true.log_joint(outcomes))
    past = outcomes[rng.choice(len(outcomes), 4_000, p=chances / chances.sum())]
    start = LatentModel.normal(
        {
            "yes": Binary(0.0, (0.0,)),
            "kind": Table(np.full((9, 3), 1 / 3)),
            "size": Numeric(0.0, (0.0,), 1.0, -1, 1, 0.5),
        },
        9,
    )
    scores = [start.log_joint(past).mean()]
    model = ExpectationMaximisation().learned(start, past, steps=1)
    for _ in range(15):
        scores.append(model.log_joint(past).mean())
        model = ExpectationMaximisation().step(model, past)
    assert np.all(np.diff(scores[1:]) > -1e-6) and scores[-1] > scores[0]
    assert chances @ (true.log_joint(outcomes) - model.log_joint(outcomes)) < 0.02
    step = GradientAscent(0.2).step(start.blended(model, 0.5), past)
    assert step.log_joint(past).mean() > start.blended(model, 0.5).log_joint(past).mean()


def test_numbers_are_read_to_the_step_and_end_at_the_ends():
    number = mixed().indicators["size"]
    assert [number.code(x) for x in (-9.0, -0.7, 0.2, 3.0)] == [0, 1, 2, 4]
    np.testing.assert_allclose(np.exp(number.log_table(mixed().points)).sum(1), 1, atol=1e-12)
    sharp = Numeric(40.0, (0.0,), 0.01, 0.0, 1.0, 0.5).log_table(np.zeros((1, 1)))
    assert np.all(np.isfinite(sharp)) and abs(sharp[0, -1]) < 1e-12


def test_a_trader_goes_only_as_far_as_its_cash():
    market = LatentMarket(FLAT, 10.0)
    market.open("poor", 1.0)
    before = (market.model, market.positions, market.books.balances)
    with pytest.raises(ValueError, match=r"'poor' has .* credits and could lose"):
        market.move("poor", TRUE)
    assert (market.model, market.positions, market.books.balances) == before
    way = market.affordable("poor", TRUE)
    market.move("poor", way)
    assert 0.98 < market.reserved("poor") <= 1.0
    market.move("poor", FLAT)  # one position, so that going back frees the cash
    assert market.reserved("poor") < 1e-5 and len(market.positions) == 1


def test_bad_input_is_refused_and_changes_nothing():
    market = traded(mixed())
    wrong = [
        (lambda: market.shift("eve", 0.1), "'eve' has no account"),
        (lambda: market.shift("ann", float("nan")), "finite"),
        (lambda: market.shift("ann", 0.1, latent=-1), "latent variables 0 to 0, got -1"),
        (lambda: market.narrow("ann", 0.1, latent=3), "latent variables 0 to 0, got 3"),
        (lambda: market.edit("ann", "none", Binary(0.0, (1.0,))), "no indicator 'none'"),
        (lambda: market.edit("ann", "kind", mixed().indicators["kind"]), "known to be 2"),
        (lambda: market.edit("ann", "yes", mixed().indicators["kind"]), "has the values"),
        (lambda: market.edit("ann", "yes", Binary(0.0, (1.0, 1.0))), "needs 1 slopes"),
        (lambda: Binary(float("inf"), (1.0,)), "finite"),
        (lambda: FLAT.shifted(1e3).gauged(), "no spread left"),
        (lambda: Table(np.array([[1.0, 0.0]])), "positive"),
        (lambda: market.move("ann", FLAT), "must have the indicators"),
        (lambda: market.resolve("kind", 2), "known to be 2"),
        (lambda: market.resolve("yes", 2), "one of the values"),
        (lambda: market.resolve("size", float("nan")), "finite"),
        (lambda: market.probability("yes", {"kind": 0}), "known to be 2"),
        (lambda: market.open("ann", 1.0), "an account 'ann' already"),
        (lambda: LatentModel.independent({"x": 1.0}), "above 0 and below 1"),
        (lambda: LatentModel.normal({}), "at least one"),
        (lambda: LatentModel.normal({"x": Binary(0.0, (1.0,))}, latents=3), "1 or 2"),
        (lambda: ExpectationMaximisation().learned(FLAT, np.zeros((3, 2), int)), "rounds of 4"),
    ]
    before = (market.model, market.positions, market.books.balances, dict(market.seen))
    for attempt, message in wrong:
        with pytest.raises(ValueError, match=message):
            attempt()
        assert (market.model, market.positions, market.books.balances, market.seen) == before
    market.close()
    with pytest.raises(ValueError, match="closed"):
        market.shift("ann", 0.1)
