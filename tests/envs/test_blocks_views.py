"""Views of Blocks World, and the curriculum that makes its instances grow."""

from __future__ import annotations

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.envs import Blocks, BlocksColours, BlocksCounted, BlocksFeatures, BlocksWorld, Curriculum
from catallax.envs._blocks_world import matching

KEY = jax.random.key(0)
WORLD = BlocksWorld(6, largest=5)


def board(*stacks: str, hand: int = 0) -> Blocks:
    rows = jnp.asarray([[int(c) for c in row.ljust(6, "0")] for row in stacks], jnp.int8)
    heights = jnp.asarray([len(row) for row in stacks], jnp.int32)
    return Blocks(rows, heights, jnp.asarray(hand, jnp.int32), matching(rows))


def said(view, blocks: Blocks) -> set[str]:
    words = np.asarray(view.packed(blocks))
    return {name for place, name in enumerate(view.names) if words[place // 32] >> (place % 32) & 1}


@pytest.mark.parametrize(
    ("blocks", "features"),
    [
        (board("1213", "12", "3", "1"), {"hand empty", "1 clean", "top 3 needed"}),
        (board("1213", "13", "1", "", hand=2), {"hand needed", "3 empty"}),
        (board("1213", "", "321", "", hand=1), {"hand needed", "1 clean", "top 2 needed", "1 empty", "3 empty"}),
    ],
)
def test_features_say_what_is_needed(blocks, features):
    assert said(BlocksFeatures(WORLD), blocks) == features


def test_correct_blocks_are_counted_beside_the_bits():
    env = BlocksCounted(BlocksFeatures(WORLD))
    state, obs = env.reset(KEY)
    assert obs.count == state.board.correct and (obs.bits == env.env.packed(state.board)).all()
    step = env.step(KEY, state, jnp.asarray(int(jnp.argmax(state.board.heights[1:]))))
    assert step.obs.count == step.state.board.correct and env.names == env.env.names
    bits, count = env.observation_space.parts
    assert bits == env.env.observation_space and count.n == WORLD.capacity + 1


def test_colours_are_told_around_the_tops_and_whether_stack_1_begins_the_goal():
    view = BlocksColours(WORLD)
    for blocks, colours, begins in (
        (board("1213", "12", "3", "", hand=1), [1, 2, 2, 3, 0, 1], True),
        (board("1213", "11", "3", "2"), [1, 2, 1, 3, 2, 0], False),
        (board("12", "", "2", "1"), [1, 0, 0, 2, 1, 0], True),
        (board("1", "1", "", ""), [0, 1, 1, 0, 0, 0], True),
    ):
        word = int(view.packed(blocks)[0])
        assert [word >> 2 * k & 3 for k in range(6)] == colours and word >> 12 == begins
        many = view.packed(jax.tree.map(lambda x: jnp.stack([x, x]), blocks))
        assert many.tolist() == [[word], [word]]
    assert view.observation_space.n == 13


def test_instances_grow_with_success_and_each_keeps_its_record():
    env = BlocksFeatures(Curriculum(BlocksWorld(6, largest=4), enough=2, ahead=1))
    keys = jax.random.split(KEY, 2)
    state, obs = eqx.filter_jit(env.reset_many)(keys)
    again = eqx.filter_jit(env.reset_where)
    sizes = []
    for number in range(60):
        lesson = state.world._replace(solved=jnp.asarray([True, False]))
        sizes.append(np.asarray(lesson.size))
        state, obs = again(jax.random.split(jax.random.key(number), 2), jnp.asarray([True, True]), state._replace(world=lesson), obs)  # fmt: skip
    sizes = np.stack(sizes)
    assert (sizes[:, 1] == 1).all()
    assert set(sizes[:3, 0]) == {1, 2} or set(sizes[:3, 0]) == {1}
    assert sizes[:, 0].max() == 4
    assert env.env.level(state.world).tolist()[1] == 0
    assert int(state.world.tries.sum()) == 120
    assert np.asarray(state.world.rate)[0, 1:5].tolist() == [1.0] * 4
    kept, _ = again(keys, jnp.asarray([False, False]), state, obs)
    jax.tree.map(np.testing.assert_array_equal, kept, state)


def test_the_share_of_a_size_looks_back_on_so_many_tries():
    env = Curriculum(BlocksWorld(6, largest=4), threshold=0.6, memory=3, enough=4, ahead=1)
    state, obs = eqx.filter_jit(env.reset_many)(jax.random.split(KEY, 1))
    again = eqx.filter_jit(env.reset_where)
    rate, tries, levels = np.zeros(7), np.zeros(7, int), []
    # two dozen solved, eight failed, and so on
    for number in range(80):
        solved = number % 32 < 24
        size = int(state.size[0])
        assert size <= min(4, (levels[-1] if levels else 0) + 1)
        tries[size] += 1
        rate[size] += (solved - rate[size]) / min(tries[size], 3)
        told = state._replace(solved=jnp.asarray([solved]))
        state, obs = again(jax.random.split(jax.random.key(number), 1), jnp.asarray([True]), told, obs)
        np.testing.assert_allclose(state.rate[0], rate, atol=1e-6)
        assert state.tries[0].tolist() == tries.tolist()
        passed = [n for n in range(7) if rate[n] >= 0.6 and tries[n] >= 4]
        levels.append(max(passed, default=0))
        assert env.level(state).tolist() == levels[-1:]
    assert levels[2] == 0 and max(levels) == 4 and any(b < a for a, b in itertools.pairwise(levels))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BlocksColours(BlocksWorld(6, colours=4, largest=5)), "room for 3 colours, got a world of 4"),
        (lambda: BlocksWorld(8, largest=np.int64(9)), "largest <= capacity"),
        (lambda: BlocksWorld(8, pace=-1.0), "pace and slack must be at least 0"),
        (lambda: Curriculum(WORLD, threshold=1.5), r"threshold in \[0, 1\]"),
        (lambda: Curriculum(WORLD, ahead=0), "of at least 1"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
