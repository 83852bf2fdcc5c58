"""The nearest coherent forecasts: golden tables, a certificate for every tuple, and forecasters that are corrected."""

import numpy as np
import pytest

from catallax.forecasting import consistency as c

GOLDEN = [
    (c.NEGATION, [0.5, 0.6], 0.0101534234, [0.44949, 0.55051]),
    (c.NEGATION, [0.5, 0.51], 0.0001000150, None),
    (c.NEGATION, [0.89, 0.01], 0.0571374165, None),
    (c.PARAPHRASE, [0.7, 0.4], 0.0954114099, [0.555006, 0.555006]),
    (c.CONSEQUENCE, [0.6, 0.5], 0.0101534234, [0.55051, 0.55051]),
    (c.AND_OR, [0.6, 0.5, 0.4, 0.5], 0.0203068469, [0.5505, 0.4495, 0.4495, 0.5505]),
    (c.AND, [0.6, 0.7, 0.2], 0.0080409451, [0.561215, 0.665506, 0.226720]),
    (c.OR, [0.6, 0.7, 0.65], 0.0028542095, [0.6, 0.6755, 0.6755]),
    (c.BUT, [0.3, 0.3, 0.5], 0.0075635649, [0.269008, 0.269008, 0.538017]),
    (c.CONDITIONAL, [0.5, 0.6, 0.4], 0.0110620733, [0.534522, 0.651669, 0.348331]),
    (c.DOUBLE_CONDITIONAL, [0.5, 0.6, 0.7, 0.3], 0.0107534461, [0.526805, 0.640705, 0.747649, 0.252351]),
    (c.EXPECTED_EVIDENCE, [0.5, 0.4, 0.6, 0.6], 0.0101534234, [0.55051, 0.4, 0.55051, 0.55051]),
]
"""From specs/theory.md 5.1, where they were derived and measured."""


@pytest.mark.parametrize(("check", "forecasts", "value", "nearest"), GOLDEN, ids=lambda x: getattr(x, "name", ""))
def test_golden_values(check, forecasts, value, nearest):
    found = c.arbitrage(forecasts, check)
    np.testing.assert_allclose(found.value, value, atol=5.1e-11)
    if nearest is not None:
        np.testing.assert_allclose(
            found.forecasts, nearest, atol=5.1e-5 if check is c.OR or check is c.AND_OR else 5.1e-6
        )


def earned(found, forecasts, check, weights):
    """What reporting the projection earns in each world, from the scores themselves."""
    gains = np.log(found.forecasts / forecasts), np.log((1 - found.forecasts) / (1 - forecasts))
    return np.stack([
        sum(weights[i] * gains[1 - answer][..., i] for i, answer in enumerate(world) if answer != c.ABSENT)
        for world in check.worlds
    ], -1)  # fmt: skip


@pytest.mark.parametrize("check", c.CHECKS, ids=lambda check: check.name)
def test_no_world_takes_the_profit_away_and_no_report_earns_more(check):
    """T5.1, by weak duality: any distribution's divergence is above any report's worst case; here both agree to 1e-12, so both are best."""
    rng = np.random.default_rng(0)
    forecasts = rng.uniform(0.01, 0.99, (100, len(check.questions)))
    weights = rng.uniform(0.2, 5, len(check.questions))
    found = c.arbitrage(forecasts, check, weights)
    worlds, pi = np.asarray(check.worlds), found.worlds
    applies = pi @ (worlds != c.ABSENT)
    p = pi @ (worlds == 1) / applies
    kl = p * np.log(p / forecasts) + (1 - p) * np.log((1 - p) / (1 - forecasts))
    np.testing.assert_allclose((weights * applies * kl).sum(-1), found.value, atol=1e-12)
    np.testing.assert_allclose(earned(found, forecasts, check, weights).min(-1), found.value, atol=1e-12)
    assert found.value.max() > 0.1
    again = c.arbitrage(np.clip(found.forecasts, 1e-12, 1 - 1e-12), check)
    assert np.all(again.value < 1e-12)


def test_closed_forms():
    a, b, d = np.random.default_rng(1).uniform(0.05, 0.95, (3, 200))
    negation = -2 * np.log(np.sqrt(a * (1 - b)) + np.sqrt((1 - a) * b))
    np.testing.assert_allclose(c.arbitrage(np.stack([a, b], -1), c.NEGATION).value, negation, atol=1e-12)
    conditional = -2 * np.log(np.sqrt(a * b * d) + np.sqrt((1 - a * b) * (1 - d)))
    np.testing.assert_allclose(c.arbitrage(np.stack([a, b, d], -1), c.CONDITIONAL).value, conditional, atol=1e-12)
    weighted = c.arbitrage([0.8, 0.3], c.PARAPHRASE, [3.0, 1.0]).forecasts
    mean = (3 * np.log(4) + np.log(3 / 7)) / 4
    np.testing.assert_allclose(weighted, 1 / (1 + np.exp(-mean)), atol=1e-12)


def test_any_set_of_securities():
    """Three outcomes of which one happens: the prices are normalised as an arbitrageur would."""
    check = c.Check.of(
        "one of three",
        {"a": lambda a, b, d: a, "b": lambda a, b, d: b, "c": lambda a, b, d: d},
        where=lambda a, b, d: a + b + d == 1,
    )
    found = c.arbitrage([0.5, 0.4, 0.3], check)
    assert found.forecasts.sum() == pytest.approx(1, abs=1e-12) and float(found.value - found.sure) < 1e-12
    assert float(found.value) > 0.01
    with pytest.raises(ValueError, match="names no defect"):
        c.frequentist([0.5, 0.4, 0.3], check)


def test_the_frequentist_metric():
    np.testing.assert_allclose(c.frequentist([[0.5, 0.59], [0.5, 0.6]], c.NEGATION), [0.128193, 0.142712], atol=5e-7)
    p, q, given, otherwise = 0.3, 0.6, 0.7, 0.2
    variance = p * 0.7 + q**2 * given * 0.3 + 0.4**2 * otherwise * 0.8 + (given - otherwise) ** 2 * q * 0.4
    expected = abs(given * q + otherwise * 0.4 - p) / np.sqrt(variance + 1e-3)
    np.testing.assert_allclose(c.frequentist([p, q, given, otherwise], c.EXPECTED_EVIDENCE), expected, atol=1e-12)
    assert c.frequentist([0.4, 0.5], c.CONSEQUENCE) == 0 and c.frequentist([0.5, 0.4], c.CONSEQUENCE) > 0.1


def test_sampling_noise_is_rarely_called_inconsistent():
    """A forecaster that counts 400 worlds for each question is told off in about 1 of 100 equalities."""
    rng = np.random.default_rng(0)
    for check in (c.NEGATION, c.AND_OR, c.CONDITIONAL, c.DOUBLE_CONDITIONAL, c.EXPECTED_EVIDENCE):
        worlds = np.asarray(check.worlds)
        truth = (w := rng.dirichlet(np.full(len(worlds), 5.0), 20_000)) @ (worlds == 1) / (w @ (worlds != c.ABSENT))
        counted = np.clip(rng.binomial(400, truth) / 400, 1e-3, 1 - 1e-3)
        assert 0.004 < (c.frequentist(counted, check) > c.FREQUENTIST_TOLERANCE).mean() < 0.015


def test_a_corrected_forecaster():
    base = {"x": 0.5, "not x": 0.6, "x again": 0.3, "and again": 0.9}
    flip = {"x": "not x", "not x": "x"}
    negated = c.ArbitrageForecaster(base.__getitem__, [(c.NEGATION, lambda x: (x, flip[x]))])
    assert negated("x") + negated("not x") == pytest.approx(1, abs=1e-12)
    twice = c.ArbitrageForecaster(
        base.__getitem__, [(c.PARAPHRASE, lambda x, other=other: (x, other)) for other in ("x again", "and again")]
    )
    odds = [np.log(base[x] / (1 - base[x])) for x in ("x", "x again", "and again")]
    assert twice("x") == pytest.approx(1 / (1 + np.exp(-np.mean(odds))), abs=1e-12)  # each question weighs the same
    ring = {str(i): p for i, p in enumerate((0.2, 0.5, 0.6, 0.9))}
    moving = c.ArbitrageForecaster(ring.__getitem__, [(c.PARAPHRASE, lambda x: (x, str((int(x) + 1) % 4)))], depth=3)
    logits = np.log([p / (1 - p) for p in ring.values()])
    assert moving("0") == pytest.approx(1 / (1 + np.exp(-(logits @ [1, 3, 3, 1]) / 8)), abs=1e-12)  # binomial average


def test_refusals():
    for forecasts in ([0.5], [0.5, 1.0], [0.0, 0.5], [float("nan"), 0.5], 0.5):
        with pytest.raises(ValueError, match="Check 'negation'"):
            c.arbitrage(forecasts, c.NEGATION)
    for weights, told in (([1.0, 0.0], "weights above 0"), ([1.0] * 3, "weights above 0"), (np.nan, "weights must be")):
        with pytest.raises(ValueError, match=told):
            c.arbitrage([0.5, 0.5], c.NEGATION, weights)
    with pytest.raises(ValueError, match="must begin with 'a'"):
        c.ArbitrageForecaster(lambda question: 0.5, [(c.NEGATION, lambda question: ())])("a")
    with pytest.raises(ValueError, match="a function of 2 forecasts, and there are 1"):
        c.Check("short", ("P",), ((0,), (1,)), equal=(lambda a, b: a - b,))
    with pytest.raises(ValueError, match="contradict each other"):
        c.Check.of("never", {"P": lambda p: p}, where=lambda p: False)
    with pytest.raises(ValueError, match="holds in no possible world"):
        c.Check.of("idle", {"P": lambda p: p, "P given not P": lambda p: None})
    with pytest.raises(ValueError, match="functions of the same atoms"):
        c.Check.of("mixed", {"P": lambda p: p, "Q": lambda p, q: q})
    with pytest.raises(ValueError, match="each 1, 0 or -1"):
        c.Check("odd", ("P",), ((2,),))
    with pytest.raises(ValueError, match="must begin with 'x'"):
        c.ArbitrageForecaster(lambda x: 0.5, [(c.NEGATION, lambda x: ("y", "x"))])("x")
    with pytest.raises(ValueError, match="a depth of at least 1"):
        c.ArbitrageForecaster(lambda x: 0.5, [(c.NEGATION, lambda x: (x, x))], depth=0)
    with pytest.raises(ValueError, match="no tuple of questions"):
        c.report(lambda x: 0.5, [(c.NEGATION, [])])
