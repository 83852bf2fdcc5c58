"""The money behind a reward: the chain of owners that an episode's reward went through."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from catallax.view._style import figure, notice, short, style, theme, value_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from catallax.view._source import Columns, Source

SHOWN = 12
"""Owners drawn at most, the last ones before the end."""


class Chain(NamedTuple):
    """The owners of one episode in order, leading axis `owners`."""

    tick: Int[np.ndarray, " owners"]
    owner: Int[np.ndarray, " owners"]
    obs: Int[np.ndarray, " owners"]
    action: Int[np.ndarray, " owners"]
    paid: Float[np.ndarray, " owners"]
    """Credits to the owner before (the first: to the house)."""
    reward: Float[np.ndarray, " owners"]
    """Credits from the world and its consumers."""
    resale: Float[np.ndarray, " owners"]
    """Credits from the next owner, after discount."""
    instance: int

    @property
    def profit(self) -> Float[np.ndarray, " owners"]:
        """`reward + resale - paid`, credits."""
        return self.reward + self.resale - self.paid


def chains(sales: Columns) -> list[Chain]:
    """Every complete episode of a trade log, in the order in which they ended.

    A world is over after a row that `ended`, and after a row without a winner
    (nobody bid, or the house bought a world back whose clock ran out).
    """
    found: list[tuple[int, Chain]] = []
    instance = np.asarray(sales["instance"])
    for number in np.unique(instance):
        rows = {name: np.asarray(values)[instance == number] for name, values in sales.items()}
        over = np.flatnonzero(rows["ended"].astype(bool) | (rows["winner"] < 0))
        start = 0
        for last in over:
            part = {name: values[start : last + 1] for name, values in rows.items()}
            start = last + 1
            # a log may begin in the middle of an episode: then somebody else owned the world before
            if (part["winner"] >= 0).any() and part["seller"][0] < 0:
                found.append((int(part["tick"][-1]), _chain(part, int(number))))
    return [chain for _, chain in sorted(found, key=lambda pair: pair[0])]


def _chain(rows: Columns, instance: int) -> Chain:
    sold = rows["winner"] >= 0
    resale = np.append(np.asarray(rows["receives"], float)[1:], 0.0)
    pick = {name: np.asarray(values)[sold] for name, values in rows.items()}
    return Chain(
        pick["tick"], pick["winner"], pick["obs"], pick["action"],
        pick["pays"].astype(float), pick["reward"].astype(float), resale[sold], instance,
    )  # fmt: skip


def choose(found: list[Chain]) -> Chain | None:
    """The latest episode with a reward, one with several owners if there is any."""
    paid = [c for c in found if np.abs(c.reward).sum() > 0]
    gained = [c for c in paid if c.reward.sum() > 0] or paid
    several = [c for c in gained if len(c.owner) > 2] or gained
    return several[-1] if several else None


def flow(chain: Chain) -> Figure:
    """Owners from left to right, money from right to left; ribbons are as wide as the sums they carry.

    A ribbon that narrows on its way lost the discount to the house. Bars below
    are what each owner kept.
    """
    with style() as t:
        first = max(0, len(chain.owner) - SHOWN)
        shown = Chain._make([*(column[first:] for column in chain[:-1]), chain.instance])
        fig = figure(4.0)
        top, bottom = fig.subplots(2, 1, height_ratios=(2.4, 1), sharex=True)
        _ribbons(top, shown, first)
        place = np.arange(len(shown.owner))
        profit = shown.profit
        bottom.bar(place, profit, color=np.where(profit >= 0, t.blue, t.orange), width=0.5)
        bottom.axhline(0, color=t.faint, lw=0.8)
        bottom.set_ylabel("kept, credits")
        bottom.set_xticks(place, [f"{o}" for o in shown.owner])
        bottom.set_xlabel("agent that owned the world, first to last")
        # a market in equilibrium leaves nobody a profit: one grain must not look like a fortune
        value_range(bottom, profit, 0.1 * float(np.abs(shown.paid).max(initial=0.0)))
        return fig


def _ribbons(axes: Axes, chain: Chain, hidden: int) -> None:
    t, n = theme(), len(chain.owner)
    income = np.maximum(chain.resale, 0) + np.maximum(chain.reward, 0)
    tall = np.maximum(income, chain.paid)
    most = max(float(tall.max()), 1e-9)
    for k in range(n):
        axes.fill_between([k - 0.13, k + 0.13], 0, tall[k], color=t.faint, lw=0, zorder=3)
    # the payment of owner k+1 arrives at owner k; the first pays the house
    for k in range(n - 1):
        _ribbon(axes, k + 0.13, chain.resale[k], k + 0.87, chain.paid[k + 1], t.blue)
    _ribbon(axes, -0.75, chain.paid[0], -0.13, chain.paid[0], t.blue)
    for k in np.flatnonzero(chain.reward > 0).tolist():
        base = max(float(chain.resale[k]), 0.0)
        gift = float(chain.reward[k])
        axes.fill_between([k + 0.13, k + 0.6], base, base + gift, color=t.green, alpha=0.75, lw=0, zorder=2)
        if k == n - 1:
            axes.text(k + 0.64, base + gift / 2, f"reward\n{short(gift)}", va="center", fontsize=8, color=t.green)
        else:
            axes.text(k + 0.5, base + gift + 0.015 * most, f"+{short(gift)}", ha="center", fontsize=7.5, color=t.green)
    for k in np.flatnonzero(chain.reward < 0).tolist():
        axes.text(k, tall[k] + 0.1 * most, f"−{short(-chain.reward[k])}", ha="center", fontsize=8, color=t.orange)
    if chain.resale[-1] > 0:
        # the clock ran out: the house bought the world back
        _ribbon(axes, n - 1 + 0.13, chain.resale[-1], n - 0.4, chain.resale[-1], t.blue)
    before = f"{hidden} owners\nbefore" if hidden else "house"
    axes.text(-0.8, chain.paid[0] / 2, before, ha="right", va="center", fontsize=8, color=t.faint)
    for k in range(n):
        axes.text(k, tall[k] + 0.03 * most, short(chain.paid[k]), ha="center", va="bottom", fontsize=7.5, color=t.ink)
    axes.set(xlim=(-1.75, max(n, 3) + 0.35), ylim=(0, 1.15 * most), yticks=[], title="what each owner paid, credits")
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False)


def _ribbon(axes: Axes, left: float, left_height: float, right: float, right_height: float, color: str) -> None:
    x = np.linspace(0, 1, 24)
    ease = x * x * (3 - 2 * x)
    height = left_height + (right_height - left_height) * ease
    axes.fill_between(left + (right - left) * x, 0, height, color=color, alpha=0.35, lw=0, zorder=1)
    if max(left_height, right_height) > 0:
        y = 0.5 * min(left_height, right_height)
        axes.annotate(
            "", (left + 0.25 * (right - left), y), (left + 0.75 * (right - left), y),
            arrowprops={"arrowstyle": "->", "color": color, "lw": 1, "shrinkA": 0, "shrinkB": 0}, zorder=2,
        )  # fmt: skip


def flow_of(source: Source) -> Figure:
    """The chain of owners behind the latest reward in a stored trade log."""
    if source.sales is None:
        return notice("No trade log: train with tracked=1 (or more) to store the sales of that many instances.")
    chain = choose(chains(source.sales))
    if chain is None:
        return notice("No complete episode with a reward is in the trade log; track a longer run.")
    return flow(chain)
