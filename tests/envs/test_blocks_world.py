"""Blocks World: the rules of the game, the generator, the oracles."""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.envs import PASS, Blocks, BlocksState, BlocksWorld, blocks_oracles
from catallax.envs._blocks_world import matching

KEY = jax.random.key(0)
WORLD = BlocksWorld(12, largest=12)


def board(*stacks: str, hand: int = 0, moves: int = 50) -> BlocksState:
    """A state from the colours of each stack, bottom first."""
    rows = jnp.asarray([[int(c) for c in row.ljust(12, "0")] for row in stacks], jnp.int8)
    heights = jnp.asarray([len(row) for row in stacks], jnp.int32)
    blocks = Blocks(rows, heights, jnp.asarray(hand, jnp.int32), matching(rows))
    return BlocksState(blocks, jnp.asarray(moves, jnp.int32))


@eqx.filter_jit
def play(env, state, moves):
    def body(carry, move):
        state, paid, over = carry
        step = env.step(KEY, state, jnp.maximum(move, 0))
        goes = (move != PASS) & ~over
        state = jax.tree.map(lambda a, b: jnp.where(goes, a, b), step.state, state)
        return (state, paid + jnp.where(goes, step.reward, 0.0), over | (goes & step.terminated)), None

    return jax.lax.scan(body, (state, jnp.zeros(()), jnp.zeros((), bool)), moves)[0]


def outcome(env, state, *moves):
    padded = jnp.asarray([*moves, *[PASS] * (9 - len(moves))], jnp.int32)
    state, paid, over = play(env, state, padded)
    return state.blocks, float(paid), bool(over)


def test_conforms():
    cx.check_env(cx.envs.Sequences(BlocksWorld(4, largest=4), length=2), steps=4)


def test_the_goal_pays_once_the_hand_is_empty():
    start = board("12", "1", "", "2")
    blocks, paid, over = outcome(WORLD, start, 2)
    assert (int(blocks.hand), int(blocks.correct), paid, over) == (2, 1, 0.0, False)
    blocks, paid, over = outcome(WORLD, start, 2, 3)
    assert (int(blocks.correct), paid, over) == (2, 2.0, True)
    assert outcome(eqx.tree_at(lambda e: (e.payoff, e.growth), WORLD, (3.0, 0.0)), start, 2, 3)[1] == 3.0


@pytest.mark.parametrize(
    ("moves", "why"),
    [((1,), "grab from an empty stack"), ((2, 0), "grab with a full hand"), ((3,), "drop from an empty hand")],
)
def test_illegal_moves_end_without_reward(moves, why):
    blocks, paid, over = outcome(WORLD, board("12", "1", "", "2"), *moves, *[PASS])
    assert (paid, over) == (0.0, True), why
    assert int(blocks.heights[1:].sum()) + int(blocks.hand > 0) == 2


def test_spent_moves_end_without_reward():
    blocks, paid, over = outcome(WORLD, board("12", "1", "", "2", moves=2), 2, 4)
    assert (paid, over, blocks.heights.tolist()) == (0.0, True, [2, 1, 1, 0])
    assert outcome(WORLD, board("12", "1", "", "2", moves=2), 2, 3)[1] == 2.0


def test_limits_are_those_of_the_formula():
    wide = BlocksWorld(200)
    sizes = (1, 3, 9, 100, 200)
    assert [int(wide.limit(jnp.asarray(n))) for n in sizes] == [20, 50, 200, 4212, 9666]


def test_counts_stay_right_on_random_walks():
    env = WORLD
    moves = jax.random.randint(KEY, (60,), 0, 6)
    state, _ = env.reset(KEY)
    step = jax.jit(env.step)
    for move in moves:
        new = step(KEY, state, move)
        state = state if bool(new.terminated) else new.state
        blocks = jax.tree.map(np.asarray, state.blocks)
        assert int(blocks.correct) == int(matching(state.blocks.stacks))
        assert (blocks.heights == (blocks.stacks > 0).sum(1)).all()
        held = np.append(blocks.stacks[1:].ravel(), blocks.hand)
        assert (np.bincount(held, minlength=4)[1:] == np.bincount(blocks.stacks[0], minlength=4)[1:]).all()


def test_instances_are_as_promised():
    env = BlocksWorld(12, largest=5, smallest=2)
    _, obs = jax.jit(env.reset_many)(jax.random.split(KEY, 4000))
    boards, heights = np.asarray(obs.stacks), np.asarray(obs.heights)
    np.testing.assert_allclose(np.bincount(heights[:, 0], minlength=6)[2:] / 4000, 0.25, atol=0.03)
    for colour in (1, 2, 3):
        count = (boards == colour).sum(2)
        np.testing.assert_array_equal(count[:, 1:].sum(1), count[:, 0])
    assert (heights == (boards > 0).sum(2)).all()
    assert not (boards[:, 0] == boards[:, 1]).all(1).any()


def test_the_greedy_policy_digs_and_places():
    score = cx.evaluate(blocks_oracles.greedy, WORLD, episodes=200, key=KEY, horizon=300)
    assert (score.totals > 0).all()
    assert score.mean_length < 60


def test_the_plan_solves_every_instance_in_the_promised_moves():
    reset = jax.jit(WORLD.reset)
    for seed in range(12):
        state, obs = reset(jax.random.key(seed))
        n, plan = int(obs.heights[0]), blocks_oracles.divide_and_conquer(obs)
        assert len(plan) <= 3 * n * np.ceil(np.log2(n)) + 4 * n
        padded = jnp.full(300, PASS, jnp.int32).at[: len(plan)].set(jnp.asarray(plan, jnp.int32))
        assert float(play(eqx.tree_at(lambda e: e.pace, WORLD, 100.0), state._replace(moves=jnp.asarray(300, jnp.int32)), padded)[1]) == n  # fmt: skip


def test_sequences_go_on_until_the_world_is_over():
    env = cx.envs.Sequences(WORLD, length=4)
    state, _ = env.begin(*(lambda s: (s, s.blocks))(board("12", "1", "", "2")))
    step = eqx.filter_jit(partial(env.step, KEY))
    done = step(state, env.code((2, 3, 0, 4)))
    assert (float(done.reward), bool(done.terminated), int(done.obs.correct)) == (2.0, True, 2)
    assert bool(step(state, env.code((2, 5))).terminated)  # back where it was
    assert not bool(step(state, env.code((PASS, 2, PASS, 4))).terminated)
    assert bool(step(state, env.code((1, 3))).terminated)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BlocksWorld(4, largest=5), ValueError, "smallest <= largest <= capacity = 4"),
        (lambda: BlocksWorld(0, largest=1), ValueError, "a capacity of at least 1"),
        (lambda: cx.envs.Sequences(WORLD, length=12), ValueError, "fewer than 2"),
        (lambda: cx.envs.Sequences(cx.envs.Sequences(WORLD, 3), length=0), ValueError, "length of at least 1"),
    ],
)
def test_bad_settings_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
