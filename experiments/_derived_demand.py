"""A builder, whose task depends on something hidden, and a provider who could find it out for a price."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

DESIGNS, BASE, ACCURACY, PRICES, PRIOR, EXPLORE = 4, 0.2, 0.85, 24, 4.0, 0.1
"""Designs, one of which fits the ground; what the others succeed by; how often a survey is right; prices a provider tries; pseudo-counts of experience; share of decisions
in which a builder takes any design."""


class Market(NamedTuple):
    """Late in a run, axis `[seeds]` unless said."""

    demand: np.ndarray
    """Share of tasks in which the survey is bought."""
    price: np.ndarray
    """Asked, credits; of the last quarter."""
    value: np.ndarray
    """What a survey adds to a task, measured where it is given away and where there is none, credits."""
    first: np.ndarray
    """Success at each decision of a new task with a survey and without, axes `[seeds, 2, decisions]`."""


@partial(jax.jit, static_argnums=(0, 1))
def play(
    tasks: int, decisions: int, forced: jax.Array, matters: jax.Array, cost: jax.Array, keys: jax.Array
) -> tuple[jax.Array, ...]:
    """Tasks one after another.

    In every task the ground is drawn, the provider asks a price, the builder buys the survey or not, and makes its decisions: the design of the highest
    mean success, experience of all tasks with that survey counting as four trials beside those of this task. Both try something else in a tenth of the tasks, and in a tenth of
    the decisions the builder takes any design.
    With `forced` every other task is surveyed for nothing, which measures what a survey is worth.

    Returns:
        bought, the same without the tasks in which the builder only tries, price asked, success at each decision; leading axes `[seeds, tasks]`.
    """
    grid = jnp.linspace(0.02, 1.0, PRICES) * decisions

    def one(key: jax.Array) -> tuple[jax.Array, ...]:
        def task(carry: tuple, given: tuple) -> tuple[tuple, tuple]:
            success, tried, worth, earned = carry
            number, key = given
            ground_key, survey_key, ask_key, buy_key, rest_key = jax.random.split(key, 5)
            ground = jax.random.randint(ground_key, (), 0, DESIGNS)
            wrong = (ground + jax.random.randint(survey_key, (), 1, DESIGNS)) % DESIGNS
            survey = jnp.where(jax.random.uniform(jax.random.fold_in(survey_key, 1)) < ACCURACY, ground, wrong)
            whim, which = jax.random.uniform(ask_key, (2,))
            asked = jnp.where(whim < 0.1, (which * PRICES).astype(jnp.int32), jnp.argmax(earned))
            price = grid[asked]
            offered = forced | (price >= cost)
            tries = jax.random.uniform(buy_key) < 0.1
            wants = jnp.where(tries, jax.random.bernoulli(jax.random.fold_in(buy_key, 1)), worth[1] - worth[0] >= price)
            bought = jnp.where(forced, number % 2 == 0, wants & offered)
            row = jnp.where(bought, survey, DESIGNS)
            prior = success[row] / jnp.maximum(tried[row], 1.0)
            prior = jnp.where(tried[row] > 0, prior, 1.0)

            def decide(own: tuple, key: jax.Array) -> tuple[tuple, tuple]:
                won, done = own
                tie_key, luck_key, whim_key, any_key = jax.random.split(key, 4)
                mean = (PRIOR * prior + won) / (PRIOR + done)
                best = jnp.argmax(mean + 1e-4 * jax.random.uniform(tie_key, mean.shape))
                whim = jax.random.uniform(whim_key) < EXPLORE
                choice = jnp.where(whim, jax.random.randint(any_key, (), 0, DESIGNS), best)
                chance = BASE + matters * (choice == ground)
                got = (jax.random.uniform(luck_key) < chance).astype(jnp.float32)
                return (won.at[choice].add(got), done.at[choice].add(1.0)), (chance, got)

            empty = jnp.zeros(DESIGNS)
            (won, done), (chance, got) = jax.lax.scan(decide, (empty, empty), jax.random.split(rest_key, decisions))
            success, tried = success.at[row].add(won), tried.at[row].add(done)
            arm = bought.astype(jnp.int32)
            rate = jnp.where(number < 200, 0.05, 0.01)
            worth = worth.at[arm].add(rate * (jnp.sum(got) - worth[arm]))
            sale = jnp.where(bought, price - cost, 0.0)
            earned = earned.at[asked].add(0.05 * (sale - earned[asked]))
            return (success, tried, worth, earned), (bought, jnp.where(tries, jnp.nan, bought), price, chance)

        tables = jnp.zeros((DESIGNS + 1, DESIGNS))
        start = (tables, tables, jnp.zeros(2), jnp.full(PRICES, 0.05 * decisions))
        return jax.lax.scan(task, start, (jnp.arange(tasks), jax.random.split(key, tasks)))[1]

    return jax.vmap(one)(keys)


def market(tasks: int, decisions: int, matters: float, cost: float, seeds: int) -> Market:
    """The market, and beside it a run in which every other survey is given away."""
    keys = jax.random.split(jax.random.key(17), seeds)
    given = (jnp.asarray(matters), jnp.asarray(cost), keys)
    _, bought, price, _ = (np.asarray(rows, float) for rows in play(tasks, decisions, jnp.asarray(False), *given))
    half, _, _, chance = (np.asarray(rows, float) for rows in play(tasks, decisions, jnp.asarray(True), *given))
    late = slice(-tasks // 4, None)
    surveyed = half[0, late] > 0
    first = np.stack([chance[:, late][:, surveyed].mean(1), chance[:, late][:, ~surveyed].mean(1)], 1)
    return Market(
        np.nanmean(bought[:, late], 1), price[:, late].mean(1), first[:, 0].sum(1) - first[:, 1].sum(1), first
    )


def exact(matters: float) -> float:
    """What a survey adds to a task of one decision, credits: `(1 - explore) matters (accuracy - 1 / designs)`."""
    return (1.0 - EXPLORE) * matters * (ACCURACY - 1.0 / DESIGNS)
