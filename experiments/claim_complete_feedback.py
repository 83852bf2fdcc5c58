"""Complete feedback: traders who set a society's own hyper-parameters and earn its income, beside searches with the same budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import _continual_worlds as continual
import _enumeration as questions
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from _learning_world import BITS, FEE, IDLE, UNITS, Learning, Network, Settings, Shapes
from _sources import PAPER

import catallax as cx
from catallax.lab import Claim, Context, Finding, Report, markdown_table, statistics
from catallax.markets import raise_fault

SOURCE = PAPER.format("section 3, “Complete feedback”")


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 12
    """Runs of everybody."""
    periods: int = 480
    """Of a run, searches included; a period is as long in every method."""
    rounds: int = 2
    """Rounds of 64 transactions in a period."""
    steps: tuple[float, ...] = (0.02, 0.1, 0.5)
    """Step sizes that are traded."""
    entries: tuple[float, ...] = (0.0, 0.2)
    """Chances of a birth after a round that are traded."""
    rents: tuple[float, ...] = (0.0, 0.1)
    """Rents that are traded."""
    firsts: tuple[float, ...] = (0.0, 1.0)
    """Auction rules that are traded: 0 is the second price, 1 the first."""
    units: tuple[int, ...] = (0, 4, 16)
    """Hidden units of a network that are traded, 0 is no layer."""
    worlds: tuple[str, ...] = ("calm bandit", "drifting bandit", "calm, then drifting", "grid", "network")
    """Where the society, or the network, learns."""
    explorations: tuple[float, ...] = (0.02, 0.05, 0.15)
    """Chances that a right goes to anybody, tried for the meta-market and for ε-greedy."""
    shares: tuple[float, ...] = (0.1, 0.25, 0.5)
    """Parts of the periods spent on trials, tried for the searches."""
    tuning: int = 12
    """Other seeds, on which everybody's one setting is chosen."""
    tax: float = 0.2
    """Land-value tax, part of the owner's bid, under which the manipulator is tried again."""
    key: int = 0
    """Seed of everything."""


DEFAULT, GRID, RANDOM, GREEDY, MARKET, FREE = (
    "default",
    "grid search",
    "random search",
    "ε-greedy, no money",
    "meta-market",
    "grid search, trials for free",
)
RATE, FUTURE = 0.1, 0.9
"""Of the traders' learning and of ε-greedy's; discount of a period."""


class Ran(NamedTuple):
    """Incomes; axes `seeds periods`."""

    income: np.ndarray
    chosen: np.ndarray
    """Settings."""
    wealth: np.ndarray
    """Of the manipulator, at the end, credits; axis `seeds`."""
    imbalance: int
    tuned: float = 0.0
    """Exploration or share of trials that did best on other seeds; none for fixed settings."""


def run(config: Config, context: Context) -> Report:
    """All worlds."""
    envs = {name: learning(config, name) for name in config.worlds}
    alone = {name: throughout(env, lots(config, 1, config.tuning)).mean((1, 2)) for name, env in envs.items()}
    found = {name: methods(config, env, alone[name]) for name, env in envs.items()}
    held = {
        (name, tax): manipulated(config, env, int(alone[name].argmin()), found[name][MARKET].tuned, tax)
        for name, env in envs.items()
        for tax in (0.0, config.tax)
    }
    return Report(
        [*rows(found), *books(found, held), *bribes(held, found)],
        {"complete_feedback": picture(found), "income": courses(config, found)},
        text(config, envs, found),
        claims=claims(config, found, held),
    )


def learning(config: Config, name: str) -> Learning | Network:
    """A world of this name."""
    half, every = config.periods // 2, np.arange(config.periods)
    if name == "network":
        # the first questions need no layer, the second cannot be learned without
        labels = jnp.asarray(np.stack([questions.truth(family, BITS) for family in ("majority", "parity of 3")]))
        schedule = jnp.asarray(every >= half, jnp.int32)
        return Network(labels, schedule, Shapes.grid(config.steps, config.units), config.rounds, FUTURE)
    settings = Settings.grid(config.steps, config.entries, config.rents, config.firsts)
    if name == "grid":
        return Learning(continual.grids().worlds, jnp.zeros(config.periods, jnp.int32), settings, config.rounds, FUTURE)
    drifting = every // 2 % 3
    schedule = {
        "calm bandit": 0 * every,
        "drifting bandit": drifting,
        "calm, then drifting": np.where(every < half, 0, drifting),
    }[name]
    return Learning(continual.bandits().worlds, jnp.asarray(schedule, jnp.int32), settings, config.rounds, FUTURE)


def lots(config: Config, part: int, count: int) -> Any:
    """Keys of the runs that count, part 0, and of those that settings are chosen on, part 1."""
    return jax.random.split(jax.random.fold_in(jax.random.key(config.key), part), count)


def methods(config: Config, env: Learning | Network, alone: np.ndarray) -> dict[str, Ran]:
    """Everybody, on the same keys; `alone` is what each setting brought throughout on tuning seeds."""
    count, periods = env.action_space.n, config.periods
    keys = lots(config, 0, config.seeds)
    always = {DEFAULT: env.settings.default, FREE: int(alone.argmax())}
    made = {
        name: Ran(income, np.full(income.shape, place), np.zeros(config.seeds), 0)
        for (name, place), income in zip(always.items(), throughout(env, keys, list(always.values())), strict=True)
    }

    def exhaustive(keys: Any, share: float) -> Ran:
        return searched(env, keys, np.tile(np.arange(count), (keys.size, 1)), share)

    def at_random(keys: Any, share: float) -> Ran:
        luck = np.random.default_rng(config.key)
        places = np.stack([luck.permutation(count)[: max(2, count // 3)] for _ in range(keys.size)])
        return searched(env, keys, places, share)

    def greedy(keys: Any, explore: float) -> Ran:
        income, chosen = (np.asarray(x) for x in _greedy(env, keys, periods, jnp.asarray(explore, jnp.float32)))
        return Ran(income, chosen, np.zeros(keys.size), 0)

    def market(keys: Any, explore: float) -> Ran:
        return traded(env, keys, periods, honest(count), 0.0, explore)

    for name, method, choices in (
        (GRID, exhaustive, config.shares),
        (RANDOM, at_random, config.shares),
        (GREEDY, greedy, config.explorations),
        (MARKET, market, config.explorations),
    ):
        tuned = max(choices, key=lambda x, method=method: method(lots(config, 1, config.tuning), x).income.mean())
        made[name] = method(keys, tuned)._replace(tuned=tuned)
    return made


def shifted(schedule: Any, start: int) -> Any:
    """What is to come after some periods, the last world for ever."""
    return schedule[jnp.minimum(jnp.arange(schedule.size) + start, schedule.size - 1)]


@eqx.filter_jit
def _fixed(env: Learning | Network, schedules: Any, keys: Any, places: Any) -> Any:
    """Income under one setting throughout; axes `lanes periods`, as all arguments have lanes."""

    def one(schedule: Any, key: Any, place: Any) -> Any:
        world = eqx.tree_at(lambda e: e.schedule, env, schedule)
        state, _ = world.reset(key)

        def period(state: Any, key: Any) -> tuple[Any, Any]:
            done = world.step(key, state, place)
            return done.state, done.reward

        return jax.lax.scan(period, state, jax.random.split(key, schedule.size))[1]

    return jax.vmap(one)(schedules, keys, places)


def throughout(env: Learning | Network, keys: Any, places: Any = None) -> np.ndarray:
    """Income of settings, by default of all; axes `settings seeds periods`."""
    settings = np.arange(env.action_space.n) if places is None else np.asarray(places)
    place, seed = (x.ravel() for x in np.indices((settings.size, keys.size)))
    schedules = jnp.broadcast_to(env.schedule[None], (place.size, env.schedule.size))
    ran = _fixed(env, schedules, keys[seed], jnp.asarray(settings[place]))
    return np.asarray(ran).reshape(settings.size, keys.size, -1)


def searched(env: Learning | Network, keys: Any, places: np.ndarray, share: float) -> Ran:
    """Settings one after the other, each with a society that begins anew, then the best of them, anew, for the rest."""
    (seeds, trials), periods = places.shape, env.schedule.size
    each = max(1, int(share * periods) // trials)
    trial, seed = (x.ravel() for x in np.indices((trials, seeds)))
    schedules = jnp.stack([shifted(env.schedule, n * each)[:each] for n in trial])
    tried = np.asarray(_fixed(env, schedules, keys[seed], jnp.asarray(places[seed, trial]))).reshape(
        trials, seeds, each
    )
    best = places[np.arange(seeds), tried.mean(2).argmax(0)]
    after = shifted(env.schedule, trials * each)[: periods - trials * each]
    rest = np.asarray(_fixed(env, jnp.broadcast_to(after[None], (seeds, after.size)), keys, jnp.asarray(best)))
    income = np.concatenate([tried.transpose(1, 0, 2).reshape(seeds, -1), rest], 1)
    chosen = np.concatenate([np.repeat(places, each, 1), np.repeat(best[:, None], after.size, 1)], 1)
    return Ran(income, chosen, np.zeros(seeds), 0)


@eqx.filter_jit
def _greedy(env: Learning | Network, keys: Any, periods: int, explore: Any) -> Any:
    """The same guesses of what comes, kept without money: `q <- q + α (income + γ max q - q)` of what was chosen."""
    count = env.action_space.n

    def one(key: Any) -> Any:
        state, _ = env.reset(key)

        def period(carry: Any, key: Any) -> tuple[Any, Any]:
            state, q, visits = carry
            luck, draw, tie, run = jax.random.split(key, 4)
            greedy = jnp.argmax(q + 1e-4 * jax.random.uniform(tie, (count,)))
            place = jnp.where(jax.random.uniform(luck) < explore, jax.random.randint(draw, (), 0, count), greedy)
            done = env.step(run, state, place)
            rate = jnp.maximum(RATE, 1.0 / (1.0 + visits[place]))
            q = q.at[place].add(rate * (done.reward + FUTURE * jnp.max(q) - q[place]))
            return (done.state, q, visits.at[place].add(1)), (done.reward, place)

        start = (state, jnp.full(count, 1 / (1 - FUTURE)), jnp.zeros(count))
        return jax.lax.scan(period, start, jax.random.split(key, periods))[1]

    return jax.vmap(one)(keys)


def honest(count: int) -> cx.agents.Strategic:
    """A trader for every setting, who bids what owning the society has been worth."""
    each = [
        cx.agents.Strategic.of(place, jnp.ones(1, bool), initial_bid=1 / (1 - FUTURE), step=RATE)
        for place in range(count)
    ]
    return jax.tree.map(lambda *x: jnp.stack([jnp.asarray(v) for v in x]), *each)


@eqx.filter_jit
def _traded(env: Learning | Network, keys: Any, periods: int, traders: Any, tax: Any, explore: Any) -> Any:
    def one(key: Any) -> Any:
        auction = cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), explore)
        count = env.action_space.n
        cohort = cx.Cohort(traders, jnp.ones(2 * count, bool), jnp.full(2 * count, 200.0), clones=2)
        market = cx.DeepMarket(cohort, auction, [cx.levies.Harberger(tax)], round_ticks=1)

        def period(state: Any, _: None) -> tuple[Any, Any]:
            state, record = market.round(env, state, key, 1)
            return state, (record.reward.reshape(()), record.action.reshape(()))

        state, told = jax.lax.scan(period, market.init(env, 1, key), length=periods)
        return told, state.ledger.wealth, state._replace(world=None)

    return jax.vmap(one)(keys)


def traded(
    env: Learning | Network, keys: Any, periods: int, traders: Any, tax: float, explore: float, watched: int = 0
) -> Ran:
    """The right to set everything for a period, sold period by period; its owner has the society's income."""
    rates = (jnp.asarray(tax, jnp.float32), jnp.asarray(explore, jnp.float32))
    (income, chosen), kept, state = _traded(env, keys, periods, traders, *rates)
    raise_fault(state, "the meta-market")
    wealth = np.asarray(kept, float)[:, 2 * watched : 2 * watched + 2].sum(1)
    return Ran(np.asarray(income, float), np.asarray(chosen), wealth, int(state.ledger.audit()))


def manipulated(config: Config, env: Learning | Network, worst: int, explore: float, tax: float) -> Ran:
    """The trader of the worst setting never asks less than twice what any owner can earn; `chosen` is when it has its way."""
    traders = honest(env.action_space.n)
    stubborn = eqx.tree_at(lambda a: a.reserve, traders, traders.reserve.at[worst].set(2.0 / (1 - FUTURE)))
    ran = traded(env, lots(config, 0, config.seeds), config.periods, stubborn, tax, explore, worst)
    return ran._replace(chosen=(ran.chosen == worst).astype(float))


def rows(found: Mapping[str, Mapping[str, Ran]]) -> list[Finding]:
    """Income of everybody."""
    return [
        Finding("feedback", f"{world}: {name}", "", f"{statistics.interval(ran.income.mean(1)):.3f} credits a tick",
                note="" if name == MARKET else f"meta-market {gain(found, world, name).difference:+.3f}, p = {gain(found, world, name).p:.2g}")
        for world, methods in found.items() for name, ran in methods.items()
    ]  # fmt: skip


def gain(found: Mapping[str, Mapping[str, Ran]], world: str, rival: str) -> statistics.Paired:
    """Income of the meta-market less that of a rival."""
    return statistics.paired(found[world][MARKET].income.mean(1), found[world][rival].income.mean(1))


def books(found: Mapping[str, Mapping[str, Ran]], held: Mapping[tuple[str, float], Ran]) -> list[Finding]:
    """Whether all money is accounted for."""
    off = sum(abs(ran.imbalance) for ran in [*(methods[MARKET] for methods in found.values()), *held.values()])
    return [Finding("feedback", "sum of all books of all meta-markets, grains", "0", str(off), off == 0)]


def bribes(held: Mapping[tuple[str, float], Ran], found: Mapping[str, Mapping[str, Ran]]) -> list[Finding]:
    """What a stubborn trader brings about."""
    return [
        Finding("feedback", f"{world}, a manipulator, land-value tax {tax:g}", "",
                f"has its way in {statistics.interval(ran.chosen.mean(1)):.2f} of the periods; income {statistics.interval(ran.income.mean(1)):.3f}",
                note=f"it began with 400 credits and ends with {statistics.interval(ran.wealth):.0f}; income without it {statistics.interval(found[world][MARKET].income.mean(1)):.3f}")
        for (world, tax), ran in held.items()
    ]  # fmt: skip


def claims(
    config: Config, found: Mapping[str, Mapping[str, Ran]], held: Mapping[tuple[str, float], Ran]
) -> list[Claim]:
    """Against a default, against searches, against the same without money, and against one who does not care for income."""
    tests = {(world, rival): gain(found, world, rival) for world in found for rival in (DEFAULT, GRID, RANDOM, GREEDY)}
    sure = statistics.larger(tests)

    def better(rivals: tuple[str, ...]) -> dict[str, bool]:
        return {f"{w}, {r}": sure[w, r] for w in found for r in rivals}

    def told(rivals: tuple[str, ...]) -> dict[str, str]:
        return {f"{w}, {r}": f"{tests[w, r].difference:+.3f}" for w in found for r in rivals}

    less = "Credits a tick, meta-market less rival."
    kept = {
        f"{world}, {'no tax' if tax == 0 else f'land-value tax of {tax:g}'}": statistics.interval(ran.chosen.mean(1))
        for (world, tax), ran in held.items()
    }
    return [
        Claim.judged("Markets allow complete feedback: who sees that a hyper-parameter should change can change it and profits, so that the society comes to better settings than it was given.",
                     SOURCE, better((DEFAULT,)), less, told((DEFAULT,))),
        Claim.judged("It does so better than searching for settings with the same budget.", SOURCE, better((GRID, RANDOM)), less, told((GRID, RANDOM))),
        Claim.judged("It is the market that does it: the same guesses, kept without money, do worse.", SOURCE, better((GREEDY,)), less, told((GREEDY,))),
        Claim.judged("Who wants a bad setting for reasons of its own does not keep it, since that costs more than it brings.", SOURCE,
                     {name: x.high < 0.5 for name, x in kept.items()}, "Part of the periods in which it has its way.", {name: f"{x:.2f}" for name, x in kept.items()}),
    ]  # fmt: skip


def picture(found: Mapping[str, Mapping[str, Ran]]) -> Any:
    """Income by method, a panel for each world."""
    return cx.view.dot_panels(
        {world: {name: statistics.interval(ran.income.mean(1)) for name, ran in methods.items()} for world, methods in found.items()},
        "income of the society, credits a tick", columns=2,
    )  # fmt: skip


def courses(config: Config, found: Mapping[str, Mapping[str, Ran]]) -> Any:
    """Income over time."""
    width = max(1, config.periods // 24)
    count = config.periods // width
    places = width * (np.arange(count) + 0.5)
    return cx.view.band_panels({
        world: cx.view.Panel(
            cx.view.Band.each(places, {name: ran.income[:, : count * width].reshape(-1, count, width).mean(2) for name, ran in methods.items() if name != RANDOM}),
            "periods", "credits a tick",
        )
        for world, methods in found.items()
    }, columns=2)  # fmt: skip


def text(config: Config, envs: Mapping[str, Learning | Network], found: Mapping[str, Mapping[str, Ran]]) -> str:
    """What was done, what was chosen, limitations."""
    table = []
    for world, methods in found.items():
        settings = envs[world].settings
        late = methods[MARKET].chosen[:, config.periods // 2 :]
        often = int(np.bincount(late.ravel(), minlength=settings.step.size).argmax())
        table.append(
            [
                world,
                settings.told(int(methods[FREE].chosen[0, 0])),
                settings.told(often),
                f"{np.mean(late == often):.2f}",
                *(f"{methods[name].tuned:g}" for name in (MARKET, GREEDY, GRID, RANDOM)),
            ]
        )
    return "\n\n".join([
        markdown_table(["world", "grid search, trials for free", "the meta-market's most frequent one, second half", "part of the periods", "exploration, market", "exploration, ε-greedy", "trials, grid search", "trials, random search"], table),
        f"*The meta-market.* A deep market whose world is a learning society: what is sold is the right to set its step size, entry rate, rent and auction rule for a period of {config.rounds * 64} transactions, "
        f"{len(config.steps) * len(config.entries) * len(config.rents) * len(config.firsts)} settings in all, a trader with two accounts for each. The society has two agents for every action and as many free places; who is broke or has sold nothing for {IDLE} ticks "
        f"leaves, and newcomers, for any action, are as hopeful as all were in the beginning. *Network*: a small network sees {config.rounds * 64} questions a period and is paid for those that it answers rightly before it learns them; its step size and the units of its hidden layer "
        f"({', '.join(map(str, config.units))}; {UNITS} of them cost {FEE:g} a period) are what is sold. Half-way the questions change from a majority, which needs no layer, to a parity, which does. The owner has the society's income of the period and sells the society on. Traders bid what owning it has been worth to them, and begin with an "
        f"upper bound, so that all are tried. Step size {RATE:g}, not tuned; the same for ε-greedy, which keeps the same guesses without money.",
        f"*Tuning.* One setting of each method, out of as many, is chosen on {config.tuning} seeds that do not count: the exploration of the meta-market and of ε-greedy among {', '.join(f'{x:g}' for x in config.explorations)}, the part of the periods that "
        f"a search spends on trials among {', '.join(f'{x:g}' for x in config.shares)}. An earlier form had 0.05 and 0.5 throughout and chose the best fixed setting on the seeds that count. The default has no meta-traders and nothing tuned.",
        f"*Budget.* Everybody but grid search with trials for free has {config.periods} periods, trials included: a search tries settings on societies of their own, grid search all and random search a third of them, and takes the best, anew, for the rest. Trials for free is an upper bound on grid search: every setting ran for all periods on the tuning seeds, and none of it is counted. The default is the middle step size, "
        "no entry, no rent, second price; no hidden layer.",
        "*Limitations.* A search tries each setting on a society of its own; the meta-market and ε-greedy try theirs on the one that they have, which keeps whatever harm a bad setting did (who went broke is gone, and comes back only with entry). "
        "What an owner earns owes something to the owners before; a bid knows nothing of what the society looks like, only what owning it brought on average. Settings are few and given; nobody invents one. Fees and "
        "schedules were chosen so that settings matter, before anything was measured.",
    ])  # fmt: skip
