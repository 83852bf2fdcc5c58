"""Post production systems on packed arrays, beside a plain Python rewriting of strings."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.agents import languages as lang
from catallax.core import ABSTAIN

KEY = jax.random.key(0)
SIGNS = lang.Signs(seen=4, moves=3, symbols=2)
LANGUAGE = lang.PostSystems(SIGNS, rules=3, width=3, variables=2, spare=1, places=6, patience=7, fresh=0.25)
VARIABLES = ("x", "y")
COUNT = 80


def rewritten(rules: list[tuple[list[str], list[str]]], string: list[str]) -> tuple[list[str], int, bool]:
    """String, steps and whether it halted, one letter after the other."""
    steps = 0
    while True:
        found = first_match(rules, string)
        if found is None:
            return string, steps, True
        if steps == LANGUAGE.patience:
            return string, steps, False
        start, left, right, bound = found
        put = [bound.get(s, None) if s in VARIABLES else s for s in right]
        after = string[:start] + [s for s in put if s is not None] + string[start + len(left) :]
        steps += 1
        if len(after) > LANGUAGE.places:
            return string, steps, False
        string = after


def first_match(rules, string):
    for left, right in rules:
        for start in range(len(string) - len(left) + 1):
            bound: dict[str, str] = {}
            if all(
                bound.setdefault(sign, letter) == letter if sign in VARIABLES else sign == letter
                for sign, letter in zip(left, string[start:], strict=False)
            ):
                return start, left, right, bound
    return None


def ends(string: list[str]) -> int | None:
    """The action a string ends in, by hand."""
    moves = [s for s in string if s[0] == "a"]
    writes = [s for s in string if s[0] == "m"]
    return int(moves[0][1]) * 3 + (int(writes[0][1]) if writes else 2) if moves else None


def told(text: str) -> list[tuple[list[str], list[str]]]:
    return [tuple(side.split() for side in rule.split("->")) for rule in text.split(";")]


@jax.jit
def families(keys):
    def pair(key):
        parent = LANGUAGE.random(key)
        return parent, LANGUAGE.mutate(jax.random.fold_in(key, 1), parent)

    return jax.vmap(pair)(keys)


@jax.jit
def tables(agents):
    """Every agent's derivation, answer and effort at every observation."""
    seen = jnp.arange(SIGNS.observations)
    return jax.vmap(lambda a: jax.vmap(lambda o: (a.derivation(o), a.answer(o)))(seen))(agents)


@pytest.fixture(scope="module")
def agents() -> lang.PostSystem:
    """Parents and, behind them, a mutant of each."""
    parents, children = families(jax.random.split(KEY, COUNT))
    return jax.tree.map(lambda a, b: np.concatenate([a, b]), parents, children)


def member(agents: lang.PostSystem, number: int) -> lang.PostSystem:
    return jax.tree.map(lambda leaf: leaf[number], agents)


def test_derivations_are_those_of_string_rewriting(agents):
    derived, answers = jax.tree.map(np.asarray, tables(agents))
    halts, bursts, moves, longest = 0, 0, 0, 0
    for number in range(2 * COUNT):
        rules = told(LANGUAGE.readable(member(agents, number)))
        for obs in range(SIGNS.observations):
            string, steps, halted = rewritten(rules, [f"o{obs // 2}", f"m{obs % 2}"])
            there = [LANGUAGE.names[s - 1] for s in derived.string[number, obs] if s]
            assert (there, derived.steps[number, obs], derived.halted[number, obs]) == (string, steps, halted), rules
            action = ends(string) if halted else None
            valid = bool(answers[0][number, obs])
            assert valid == (action is not None)
            assert not valid or answers[1][number, obs] == action
            assert answers[2][number, obs] == steps
            halts, moves = halts + halted, moves + valid
            bursts += not halted and steps < LANGUAGE.patience
            longest = max(longest, steps)
    # the sample holds endless, bursting, silent and acting systems
    assert longest == LANGUAGE.patience and bursts > 4 and 0.5 < halts / (2 * COUNT * 8) < 1.0 and moves > 50


def test_random_systems_and_mutants_read_back(agents):
    changed = []
    for number in range(2 * COUNT):
        agent = member(agents, number)
        again = LANGUAGE.parse(LANGUAGE.readable(agent), price=0.5)
        for packed, given in zip(again.rules, agent.rules, strict=True):
            np.testing.assert_array_equal(packed[packed[:, 0] != 0], given[agent.rules.left[:, 0] != 0][: len(packed)])
            # no gaps within a side
            assert not ((given[:, 1:] != 0) & (given[:, :-1] == 0)).any()
        changed.append(LANGUAGE.readable(agent))
    alike = np.mean([a == b for a, b in zip(changed[:COUNT], changed[COUNT:], strict=True)])
    common = np.mean([bool(set(a.split("; ")) & set(b.split("; "))) for a, b in zip(changed[:COUNT], changed[COUNT:])])
    # three quarters are mutants and keep a rule; a change may hit nothing
    assert 0.02 < alike < 0.4 and 0.6 < common < 0.9


def test_a_system_that_remembers():
    agent = LANGUAGE.parse("o0 x -> a0 m0; o1 x -> a0 m1; o3 m0 -> a1", price=2.0)
    seen = jnp.asarray([0, 3, 5, 6, 7])  # o0 m0, o1 m1, o2 m1, o3 m0, o3 m1

    @jax.jit
    def all_of_it(o):
        return *agent.answer(o), agent.bid(KEY, o), agent.effort(o)

    valid, action, _, bid, effort = (np.asarray(x) for x in jax.vmap(all_of_it)(seen))
    assert valid.tolist() == [True, True, False, True, False]
    assert action[valid].tolist() == [0, 1, 5]
    assert bid.tolist() == [2.0, 2.0, ABSTAIN, 2.0, ABSTAIN]
    assert effort.tolist() == [1.0, 1.0, 0.0, 1.0, 0.0]
    assert bool(LANGUAGE.parse("o0 -> a0").unpriced) and not bool(agent.unpriced)


def test_conforms():
    small = lang.PostSystems(lang.Signs(1, 1), rules=1, width=1, variables=0, spare=0, places=1, patience=1)
    cx.check_agent(small.parse("o0 -> a0", price=1.0), jnp.asarray(0))


def test_a_table_answers_as_its_system(agents):
    book = lang.Tabulated(LANGUAGE, SIGNS.observations)
    few = jax.tree.map(lambda x: x[:60], agents)
    seen = jnp.arange(SIGNS.observations)

    @jax.jit
    def both(systems):
        def at(agent):
            return jax.vmap(lambda o: (agent.bid(KEY, o), agent.act(KEY, o), agent.effort(o)))(seen)

        tabled = jax.vmap(book.tabulate)(systems)
        return jax.vmap(at)(jax.vmap(lambda a: a.priced(jnp.asarray(3.0)))(tabled)), jax.vmap(at)(
            jax.vmap(lambda a: a.priced(jnp.asarray(3.0)))(systems)
        )

    (bids, acts, steps), (own_bids, own_acts, own_steps) = both(few)
    np.testing.assert_array_equal(bids, own_bids)
    np.testing.assert_array_equal(steps, own_steps)
    np.testing.assert_array_equal(np.where(bids >= 0, acts, -1), np.where(bids >= 0, own_acts, -1))
    assert (np.asarray(bids) == 3.0).any() and (np.asarray(bids) == ABSTAIN).any()


def test_blocks_are_written_by_their_tops():
    signs = lang.BlockSigns(colours=3, moves=4)
    board = lang.Board(
        jnp.asarray([[1, 2, 3, 0], [1, 3, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0]], jnp.int8),
        *(jnp.asarray(x, jnp.int32) for x in ([3, 2, 0, 1], 2, 1)),
    )
    done = board._replace(heights=jnp.asarray([3, 1, 0, 1], jnp.int32))
    language = lang.PostSystems(signs, rules=2, width=2)
    agent = language.parse("wrong -> g1 d2; c2 g1 -> d1 g1", price=1.0)
    both = jax.tree.map(lambda a, b: jnp.stack([a, b]), board, done)
    seen, (valid, action, steps) = jax.jit(jax.vmap(lambda b: (signs.write(b), agent.answer(b))))(both)
    names = [[signs.letters[k - 1] for k in row] for row in np.asarray(seen)]
    assert names[0] == ["c2", "c3", "e", "c2", "c2", "wrong"]  # hand, tops, wanted, stack 1 holds a wrong block
    assert names[1] == ["c2", "c1", "e", "c2", "c2", "right"]
    assert valid.tolist() == [True, False] and int(steps[0]) == 2  # c2 c3 e c2 d1 g1 d2
    assert [int(action[0]) // 7**k % 7 - 1 for k in range(4)] == [3, 0, 4, -1]


class Thinker(cx.agents.Constant):
    """Takes as many steps as its observation says, and as many again as its number."""

    def effort(self, obs):
        return obs + 1.0 * self.action


def test_a_computation_tax_takes_what_the_steps_cost():
    society = cx.Cohort.stack([Thinker(0.5, 0), Thinker(-1.0, 2), Thinker(-1.0, 3)], endowment=8.0)
    market = cx.DeepMarket(society, cx.auctions.FirstPrice(), (cx.levies.ComputationTax(0.25),), round_ticks=2)
    env = cx.envs.Chain()
    state = market.init(env, 2, KEY)
    before = np.asarray(state.ledger.wealth)
    after, sales = jax.jit(lambda s: market.round(env, s, KEY, 2))(state)
    assert after.ledger.audit() == 0
    lost = before - np.asarray(after.ledger.wealth)
    # the silent pay as well, and only that: two ticks, two worlds
    seen = float(np.sum(sales.obs))
    assert lost[1:].tolist() == [0.25 * (seen + 4 * 2), 0.25 * (seen + 4 * 3)]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LANGUAGE.parse("o0 a0"), "expected 'left -> right', got 'o0 a0'"),
        (lambda: LANGUAGE.parse("-> a0"), "expected 'left -> right'"),
        (lambda: LANGUAGE.parse("o9 -> a0"), "'o9' is no letter; there are o0, o1"),
        (lambda: LANGUAGE.parse("o0 -> a0 a0 a0 a0"), "longer than width = 3"),
        (lambda: LANGUAGE.parse("o0 -> a0;" * 4), "4 rules, expected at most 3"),
        (lambda: lang.PostSystems(SIGNS, variables=4), "at most 3 variables"),
        (lambda: lang.PostSystems(SIGNS, patience=0), "patience must be at least 1"),
        (lambda: lang.PostSystems(SIGNS, fresh=-1.0), "fresh must lie in"),
        (lambda: lang.Signs(0, 2), "seen must be at least 1"),
        (lambda: lang.BlockSigns(moves=12), "at most 11 moves"),
        (lambda: lang.Tabulated(LANGUAGE, 0), "observations must be at least 1"),
    ],
)
def test_bad_settings_are_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()
