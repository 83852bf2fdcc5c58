"""A genetic algorithm in which strength is inherited like money."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from catallax.agents._rule import pack
from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._strong import StrengthRules
from catallax.core import uniform, whole


class BirthChances(NamedTuple):
    """Everything random in one call."""

    due: Bool[Array, ""]
    parents: Float[Array, " two"]
    crossed: Bool[Array, ""]
    swapped: UInt32[Array, " words"]
    """Places behind the cut; none unless crossed."""
    mutated: tuple[UInt32[Array, "two words"], UInt32[Array, "two words"]]
    """Places that go one letter on in the cycle 0, 1, #, and places that go one back."""
    turned: Int[Array, " two"]
    """Added to the children's actions, modulo their number."""
    deleted: Float[Array, " two"]


class Born(NamedTuple):
    """What became of the rules."""

    rules: StrengthRules
    rows: Int[Array, " two"]
    """Where the children are; beyond the last row if there are none."""
    lost: Float[Array, ""]
    """Strength that went with the two rules deleted, credits."""


class PanmicticGenetic(eqx.Module):
    """Two children of two parents drawn by strength from the whole population; each parent gives its child half its strength.

    Crossover has one point, and then the children share what they got equally. A mutated place
    becomes one of the two other letters. The rules whose rows they take are drawn by `1 / strength`.

    Source: Wilson (1994).
    """

    rate: float = 0.25
    """`rho`: probability of a call at every tick."""
    crossover: float = 0.5
    """`chi`, probability."""
    mutation: float = 0.002
    """`mu`, probability for every place and for the action."""

    def __check_init__(self) -> None:
        for name in ("rate", "crossover", "mutation"):
            chance = getattr(self, name)
            if isinstance(chance, float | int) and not 0 <= chance <= 1:
                raise ValueError(f"PanmicticGenetic: {name} must be a probability, got {chance}.")

    @staticmethod
    def words(bits: int) -> int:
        """Random words that one call takes."""
        return 9 + 2 * bits

    def deal(self, luck: UInt32[Array, " luck"], bits: int, actions: int) -> BirthChances:
        """The random part of one call.

        Args:
            luck: `words(bits)` random words.
            bits: length of the condition.
            actions: how many there are.
        """
        chance, places = uniform(luck[:9]), luck[9:].reshape(2, bits)
        crossed = chance[1] < self.crossover
        mutated, one = uniform(places) < self.mutation, (places & 1) == 1  # the lowest bit is not in the chance
        turned = (chance[3:5] < self.mutation) & (actions > 1)
        swapped = pack(crossed & (jnp.arange(bits) >= whole(luck[2], 1, max(bits - 1, 1))))
        return BirthChances(
            due=chance[0] < self.rate,
            parents=chance[5:7],
            crossed=crossed,
            swapped=swapped,
            mutated=(jax.vmap(pack)(mutated & one), jax.vmap(pack)(mutated & ~one)),
            # the lowest 8 bits are not in the chance, and few actions take them almost evenly
            turned=jnp.where(turned, 1 + ((luck[3:5] & 0xFF) % max(actions - 1, 1)).astype(jnp.int32), 0),
            deleted=chance[7:9],
        )

    def __call__(self, chances: BirthChances, rules: StrengthRules, *, actions: int) -> Born:
        """The rules after a birth, if one is due.

        Args:
            chances: from `deal`.
            rules: all rows.
            actions: how many there are.
        """
        nowhere = rules.action.shape[0]
        places = jnp.stack([draw(rules.strength, chance) for chance in chances.parents])
        parents = rules.row(places)
        first = 0.5 * parents.strength[0]
        # one rule may be both parents: it then gives half of what it has left
        second = 0.5 * jnp.where(places[0] == places[1], first, parents.strength[1])
        given = jnp.where(chances.due, jnp.stack([first, second]), 0.0)
        strength = rules.strength.at[places].add(-given)
        rules = rules._replace(strength=strength)
        out = rules.weak(chances.deleted[0], jnp.asarray(nowhere))
        outs = jnp.stack([out, rules.weak(chances.deleted[1], out)])
        lost = jnp.where(chances.due, jnp.sum(rules.strength[outs]), 0.0)
        rows = jnp.where(chances.due, outs, nowhere)
        gifts = jnp.where(chances.crossed, jnp.mean(given), given)
        value, care = self.conditions(chances, parents)
        action = (parents.action + chances.turned) % actions
        for n in range(2):
            rules = rules.write(StrengthRules(value[n], care[n], action[n], gifts[n]), rows[n])
        return Born(rules, rows, lost)

    def conditions(
        self, chances: BirthChances, parents: StrengthRules
    ) -> tuple[UInt32[Array, "two words"], UInt32[Array, "two words"]]:
        """Value and care of two children."""

        def cross(x: UInt32[Array, "words two"]) -> UInt32[Array, "two words"]:
            different = (x[:, 0] ^ x[:, 1]) & chances.swapped
            return jnp.stack([x[:, 0] ^ different, x[:, 1] ^ different])

        value, care = cross(parents.value), cross(parents.care)
        return mutate(value, care, *chances.mutated)


def mutate(
    value: UInt32[Array, "*words"], care: UInt32[Array, "*words"], on: UInt32[Array, "*words"], back: UInt32[Array, "*words"]
) -> tuple[UInt32[Array, "*words"], UInt32[Array, "*words"]]:  # fmt: skip
    """Value and care after mutation.

    Args:
        value: which cared-for places ask for a 1.
        care: which places are not `#`.
        on: places that go one letter on in the cycle 0, 1, #.
        back: places that go one back.
    """
    zero, one, either = care & ~value, care & value, ~care
    still = ~(on | back)
    ones = (one & still) | (zero & on) | (either & back)
    zeros = (zero & still) | (either & on) | (one & back)
    return ones, ones | zeros
