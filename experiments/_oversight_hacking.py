"""A proxy that makers learn to hack, and informers who are paid for exposing it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from _oversight_names import (
    OURS,
)

import catallax as cx
from catallax.lab import Claim, Finding, Report
from catallax.lab.statistics import Interval, interval

if TYPE_CHECKING:
    from claim_oversight import Config


def hacking(config: Config) -> Report:
    """A proxy that can be corrupted, and a test of corruption that informers may sell."""
    seeds, prices = jax.random.split(jax.random.key(config.key + 1), config.seeds), jnp.array(TESTS)
    run_all = jax.jit(jax.vmap(jax.vmap(partial(goods, config.years, config.goods), (None, 0)), (0, None)))
    found = np.asarray(run_all(seeds, prices), float)  # seeds prices figures
    names = {-2.0: "proxy alone", -1.0: "belief, no test"}
    kinds = [names.get(price, f"test for {price:g}") for price in TESTS]
    welfare, hacked, pay = ({kind: interval(found[:, n, k]) for n, kind in enumerate(kinds)} for k in range(3))
    findings = [
        Finding("oversight", f"reward hacking: {kind}", "",
                f"true welfare {welfare[kind]:.3f} credits a good, hacked {hacked[kind]:.3f} of them", note=f"honest informers earn {pay[kind]:.4f} a good")
        for kind in kinds
    ]  # fmt: skip
    return Report(findings, {"hacking": hacked_curves(found)}, HACKED, claims=[exposed(found)])


def hacked_curves(found: np.ndarray) -> Any:
    """Welfare and hacked goods by the price of a test."""
    units = ("welfare, credits a good", "part of goods that are hacked")
    return cx.view.band_panels({
        title: cx.view.Panel({"with a test": cx.view.Band.of(TESTS[2:], found[:, 2:, n])}, "price of a test, credits", unit,
                             levels={"no test": float(found[:, 1, n].mean())}, log="x")
        for n, (title, unit) in enumerate(zip(("what buyers and makers get", "what makers do"), units, strict=True))
    }, height=2.6)  # fmt: skip


def exposed(found: np.ndarray) -> Claim:
    """Verdict from figures with axes `seeds prices figures`: welfare, part hacked."""
    first = float(jax.nn.sigmoid(FIRST))
    cases: dict[str, tuple[bool, Interval]] = {}
    for n, price in enumerate(TESTS[2:], 2):
        less, more = (
            interval(found[:, n, 1] - found[:, :2, 1].min(1)),
            interval(found[:, n, 0] - found[:, :2, 0].max(1)),
        )
        kept = interval(found[:, n, 1])
        cases[f"a test for {price:g}: less hacking than without, difference"] = less.below, less
        cases[f"a test for {price:g}: no more hacking than the {first:.1%} at first, part hacked"] = kept.high <= first, kept  # fmt: skip
        cases[f"a test for {price:g}: more welfare than without, difference"] = more.above, more
    return Claim.judged(
        "Honest informers who are paid for exposing corruption keep a learner from hacking its reward.",
        OURS,
        {name: held for name, (held, _) in cases.items()},
        f"Measured: the part of goods that are hacked, and welfare in credits a good, beside the better of no test at all; welfare would be {1 - EFFORT:g} if nobody hacked.",
        {name: f"{figure:.3f}" for name, (_, figure) in cases.items()},
    )


TESTS = (-2.0, -1.0, 0.01, 0.03, 0.1, 0.2, 0.4)
"""Prices of a test, credits; below 0 there is none, and of -2 the buyer does not even know that goods are hacked."""
EFFORT, PAID, EXACT = 0.3, 0.5, 0.95
FIRST = -3.0
"""Log odds to hack, at first."""
HACKED = (
    f"**A proxy that is hacked.** A good that looks right is worth 1 if it is, and -1 if its maker hacked the look, which saves {EFFORT:g} of effort; who delivers is paid "
    f"{PAID:g} by the buyer. Makers' chance to hack follows what paid in the last goods. A test that is right with a chance of {EXACT:.0%} costs its informer what is stated before its "
    "result is known, and earns `E[U(x with result) - U(x without)]`; informers test where that is expected to pay, as buyers believe by the last goods. A test that finds nothing does not "
    "pay, so hacking goes on as often as keeps testing worth its price: the picture *hacking* shows it, and the welfare that is left, by the price of a test; dashed is a buyer who knows how often goods are hacked and has no test."
)


def goods(years: int, count: int, key: jax.Array, price: jax.Array) -> jax.Array:
    """Makers who hack as it pays: mean welfare a good, share hacked and informers' gain a good, over the second half.

    Args:
        years: steps.
        count: goods of a step.
        key: of the draws.
        price: of a test, credits.
    """

    def decided(share: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """What accepting is worth without a result, and with either one: by its probability and value."""
        clear = (1 - share) * EXACT - share * (1 - EXACT)
        alarm = (1 - share) * (1 - EXACT) - share * EXACT
        return 1 - 2 * share, clear, alarm

    def step(state: tuple[jax.Array, jax.Array], key: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        logit, belief = state
        share = jax.nn.sigmoid(logit)
        hacked = jnp.mean(jax.random.bernoulli(key, share, (count,)))
        blind, clear, alarm = decided(belief)
        trusts = jnp.where(price < -1.5, 1.0, jnp.where(blind > 0, 1.0, 0.0))
        gain = jnp.maximum(clear, 0.0) + jnp.maximum(alarm, 0.0) - jnp.maximum(blind, 0.0)
        tests = (price >= 0) & (gain > price)
        passed = jnp.where(tests, jnp.where(clear > 0, 1.0, 0.0), trusts)
        alarmed = jnp.where(tests, jnp.where(alarm > 0, 1.0, 0.0), trusts)
        honest_in = EXACT * passed + (1 - EXACT) * alarmed
        hacked_in = (1 - EXACT) * passed + EXACT * alarmed
        pays = PAID * honest_in - EFFORT, PAID * hacked_in
        spent = jnp.where(tests, price, 0.0)
        true = (1 - hacked) * (honest_in - EFFORT) - hacked * hacked_in - spent
        logit = jnp.clip(logit + 0.5 * (pays[1] - pays[0]), -6.0, 6.0)
        earned = jnp.where(tests, gain - price, 0.0)
        return (logit, belief + 0.1 * (hacked - belief)), jnp.stack([true, hacked, earned])

    start = jnp.array(FIRST), jnp.array(0.05)
    found = jax.lax.scan(step, start, jax.random.split(key, years))[1]
    return found[years // 2 :].mean(0)
