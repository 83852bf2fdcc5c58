"""Ways to buy information: without looking, after one look, and by looking at what helps to look."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from catallax.language.worlds._plan import History, Offers, Plan, checked, histories, options
from catallax.language.worlds._sight import Sight
from catallax.language.worlds._world import World

T = TypeVar("T")
Recall = Callable[[tuple[Any, ...]], tuple[Any, ...]]
"""Which of the purchases above a level, the nearest first, it still knows."""
Protocol = Callable[[World, Offers], Plan]
"""A way to buy information."""


def none(world: World) -> Plan:
    """Decide by the prior, `x = argmax_x E[U(x)]`, and buy nothing."""
    return backward(world, (), everything)


def ex_ante(world: World, offers: Offers) -> Plan:
    """Buy the signals that are worth most before any is seen, `argmax_S E[max_x E[U(x) | I_S]] - p_S`, then decide.

    Args:
        world: the table, the decision, the prices.
        offers: signals by level; all of them are looked through, the levels do not matter.
    """
    names = tuple(chain.from_iterable(checked(world, offers)))
    worth = {option: world.ex_ante(option) for option in options(names)}
    best = next(option for option, value in worth.items() if value > max(worth.values()) - 1e-12)
    return forced(world, names, best)


def one_level(world: World, offers: Offers) -> Plan:
    """Inspect what is offered to level 0, buy the best of it, forget the rest, and decide: depth 1, whatever is offered above."""
    return backward(world, checked(world, offers)[:1], everything)


def successive(world: World, offers: Offers) -> Plan:
    """Level `n + 1` chooses information for level `n` alone: what helped to choose is forgotten further down.

    Level `n` sees the offers to levels below it and what level `n + 1` bought; level 0 decides by what level 1 bought.

    Source: the naive protocol in "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606.
    """
    return backward(world, checked(world, offers), nearest)


def recursive(world: World, offers: Offers) -> Plan:
    """The recursive inspection protocol: level `n` sees the offers to levels below it and all that was bought above it.

    `x^n(seen) = argmax_x E[U(x^0) - p | seen]` from the lowest level up, where "seen" means the contents alone: that a signal was *not*
    bought tells something too, which this rule as it is written ignores. `selection_aware` does not.

    Source: the recursive inspection protocol in "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606.
    """
    return backward(world, checked(world, offers), everything)


def selection_aware(world: World, offers: Offers, start: Protocol = recursive, sweeps: int = 30) -> Plan:
    """The recursive protocol by those who also know *why* they see what they see: they condition on "just this was bought above".

    The levels take turns, the lowest first: each makes the best of what it sees and of what the others do, `argmax E[U(x^0) - p | seen,
    bought]`. A turn never lowers the value, and the sweeps end when one changes nothing: nobody can do better alone. Several levels
    together sometimes could; the best plan of all is not searched for.

    Args:
        world: the table, the decision, the prices.
        offers: signals by level.
        start: whose plan to begin with, and so to improve on: `recursive` or `successive`.
        sweeps: turns of all levels, at most.
    """
    plan = start(world, offers)
    value = plan.value
    for _ in range(sweeps):
        for level in range(len(plan.offers) + 1):
            plan = replied(plan, level)
        before, value = value, plan.value
        if value <= before + 1e-13:
            break
    return plan


def everything(history: tuple[T, ...]) -> tuple[T, ...]:
    """All purchases above."""
    return history


def nearest(history: tuple[T, ...]) -> tuple[T, ...]:
    """The purchase of the level just above."""
    return history[:1]


def backward(world: World, offers: tuple[tuple[str, ...], ...], recall: Recall) -> Plan:
    """Backward induction by those who condition on the contents they see and recall, the lowest level first."""
    plan = Plan(world, offers, {}, ({},) * len(offers))
    for level in range(len(offers) + 1):
        sights = {h: Sight.of(world, visible(offers, level, recall(h))) for h in histories(offers, level)}
        plan = decided(plan, level, sights)
    return plan


def replied(plan: Plan, level: int) -> Plan:
    """The plan with one level's best reply to the others."""
    sights = {
        h: Sight.of(plan.world, visible(plan.offers, level, h), plan.chance(level, h))
        for h in histories(plan.offers, level)
    }
    return decided(plan, level, sights)


def decided(plan: Plan, level: int, sights: dict[History, Sight]) -> Plan:
    """The plan in which one level makes the best of what it sees, the lower ones doing as they do."""
    if level == 0:
        return Plan(plan.world, plan.offers, {h: sight.belief for h, sight in sights.items()}, plan.purchases)
    choices = {
        h: sight.best([plan.after(level, option, h) for option in plan.options(level)]) for h, sight in sights.items()
    }
    purchases = (*plan.purchases[: level - 1], choices, *plan.purchases[level:])
    return Plan(plan.world, plan.offers, plan.beliefs, purchases)


def visible(offers: tuple[tuple[str, ...], ...], level: int, recalled: History) -> set[str]:
    """The signals that a level sees: the offers to levels below it, and what it recalls of purchases above it."""
    return set(chain(chain.from_iterable(offers[:level]), chain.from_iterable(recalled)))


def forced(world: World, names: tuple[str, ...], bought: tuple[str, ...]) -> Plan:
    """Some of the offers are bought whatever they say."""
    choice = np.full((1,) * len(world.signals), options(names).index(bought))
    beliefs = {(option,): Sight.of(world, option).belief for option in options(names)}
    return Plan(world, (names,), beliefs, ({(): choice},))
