"""The tape: answers are those of the arithmetic, whoever writes the right digits is right, and a deadline delivers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx

KEYS = jax.random.split(jax.random.key(0), 64)
WORLDS = {"parity": cx.envs.Tape.parity, "chain": cx.envs.Tape.chain, "first": cx.envs.Tape.first}


def said(name: str, symbols: np.ndarray) -> int:
    """The answer, by another way than the table."""
    if name == "parity":
        return int(symbols.sum() % 2)
    register = int(symbols[0])
    for symbol in symbols[1:].tolist() if name == "chain" else []:
        register = (register + symbol - 4) % 5 if symbol < 9 else register * (symbol - 7) % 5
    return register


@pytest.mark.parametrize("name", WORLDS)
def test_answers_and_the_way_to_them(name):
    env = WORLDS[name](places=5, shortest=2, longest=4)
    states, _ = jax.vmap(env.reset)(KEYS)
    assert set(np.asarray(states.length)) == {2, 3, 4}
    wanted = [said(name, np.asarray(row[:n])) for row, n in zip(states.symbols, states.length, strict=True)]
    np.testing.assert_array_equal(states.answer, wanted)

    def play(state, wrong):
        # reads on to the end and writes what the table says, but for one digit
        def tick(carry, number):
            state, over, right = carry
            done = state.place >= state.length
            digit = (env.meaning[env.symbol(state), state.digit] + (wrong & (number == 1))) % env.digits
            step = env.step(KEYS[0], state, jnp.where(done, env.digits, digit))
            right = jnp.where(over, right, step.info["right"])
            return (step.state, over | step.terminated, right), over

        (_, _, right), over = jax.lax.scan(tick, (state, jnp.asarray(False), jnp.asarray(False)), jnp.arange(6))
        return right, jnp.sum(~over)

    right, ticks = jax.jit(jax.vmap(play, (0, None)))(states, False)
    assert np.asarray(right).all()
    np.testing.assert_array_equal(ticks, states.length + 1)
    # no step of these makes good what was wrong before
    assert not np.asarray(jax.jit(jax.vmap(play, (0, None)))(states, True)[0]).any()


def test_a_deadline_delivers_and_the_last_action_waits():
    env = cx.envs.Tape.parity(places=3, deadline=2)
    state, obs = env.reset(KEYS[0])
    step = env.step(KEYS[0], state, jnp.asarray(2))
    assert int(step.obs) == int(obs) and not step.terminated and float(step.reward) == pytest.approx(-0.01)
    step = env.step(KEYS[0], step.state, jnp.asarray(int(state.answer)))
    assert bool(step.terminated) and bool(step.info["right"])


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"places": 2, "longest": 3}, "shortest <= longest"), ({"places": 2, "shortest": 0}, "shortest")],
)
def test_lengths_out_of_range(settings, told):
    with pytest.raises(ValueError, match=told):
        cx.envs.Tape.parity(**settings)
