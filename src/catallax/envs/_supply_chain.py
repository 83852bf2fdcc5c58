"""An input-output economy: techniques turn goods into other goods, and nature brings some of them every tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, Int, Key
from scipy.optimize import linprog, minimize

from catallax.core import AbstractEnv, AbstractGoodsWorld, Discrete, Step

_TINY = 1e-12


class SteadyState(NamedTuple):
    """The best that any planner could do, tick after tick."""

    consumed: Float[np.ndarray, " goods"]
    """Units each tick."""
    levels: Float[np.ndarray, " techniques"]
    """How often each technique runs each tick."""
    prices: Float[np.ndarray, " goods"]
    """Credits per unit: what one more unit of each good would be worth to the consumers."""


class SupplyChain(AbstractGoodsWorld):
    """Goods and the techniques that make some of them from others.

    A technique at level `z` uses `z A_kj` of each good and makes `z B_kj`, which is there a tick later; its owner's bundle sets the
    level, `z = min_j x_j / A_kj`. Nature brings `inflow` every tick; what is not used stays in the share `keeps`.

    Args:
        inputs: `A`, units for each technique, axes `techniques goods`.
        outputs: `B`, likewise.
        gift: units of each good that nature brings each tick.
        keeps: share of each good that stays until the next tick, in [0, 1]: 0 for labour, say.
        names: of the goods, for pictures and messages.

    Raises:
        ValueError: for amounts below 0, a technique without inputs or outputs, or shapes that do not fit.

    Source: Leontief (1936), open input-output model.

    >>> bakery = SupplyChain(inputs=[[1.0, 0.0]], outputs=[[0.0, 2.0]], gift=[3.0, 0.0], keeps=[0.0, 1.0])
    >>> bakery.transform(None, jnp.array([3.0, 0.0]), 0).tolist()
    [0.0, 6.0]
    """

    inputs: Float[Array, "techniques goods"]
    outputs: Float[Array, "techniques goods"]
    gift: Float[Array, " goods"]
    keeps: Float[Array, " goods"]
    names: tuple[str, ...] = eqx.field(static=True)
    goods: int = eqx.field(static=True)
    rights: int = eqx.field(static=True)
    right: AbstractEnv | None

    def __init__(
        self,
        inputs: object,
        outputs: object,
        gift: object,
        keeps: object,
        names: Sequence[str] = (),
    ) -> None:
        self.inputs, self.outputs = jnp.asarray(inputs), jnp.asarray(outputs)
        self.gift, self.keeps = jnp.asarray(gift), jnp.asarray(keeps)
        self.goods = self.gift.shape[0]
        self.names = tuple(names) or tuple(f"good {j}" for j in range(self.goods))
        self.rights, self.right = 0, None

    def __check_init__(self) -> None:
        if self.inputs.shape != self.outputs.shape or self.inputs.shape[1:] != (self.goods,):
            raise ValueError(
                f"SupplyChain: inputs and outputs must have the axes techniques and goods ({self.goods}), got "
                f"{self.inputs.shape} and {self.outputs.shape}."
            )
        if self.keeps.shape != (self.goods,) or len(self.names) != self.goods:
            raise ValueError(
                f"SupplyChain: keeps and names must have one entry for each of {self.goods} goods, got "
                f"{self.keeps.shape} and {len(self.names)}."
            )
        if isinstance(self.inputs, Tracer):
            return
        for name in ("inputs", "outputs", "gift", "keeps"):
            if not bool(jnp.all(getattr(self, name) >= 0)):
                raise ValueError(f"SupplyChain: {name} must be at least 0 units.")
        if bool(jnp.any(self.keeps > 1)):
            raise ValueError("SupplyChain: keeps must be at most 1; a good that grows by itself is a technique.")
        for name in ("inputs", "outputs"):
            if not bool(jnp.all(jnp.sum(getattr(self, name), axis=1) > 0)):
                raise ValueError(f"SupplyChain: every technique needs {name}; leave out those without.")

    def inflow(self, key: Key[Array, ""], tick: Int[Array, ""]) -> Float[Array, " goods"]:
        """The same every tick."""
        return self.gift

    def transform(self, key: object, bundle: Float[Array, " goods"], plan: object) -> Float[Array, " goods"]:
        """Runs the technique `plan` as often as the bundle allows; the rest of the bundle stays in part."""
        needs, makes = self.inputs[plan], self.outputs[plan]
        level = jnp.min(jnp.where(needs > 0, bundle / jnp.where(needs > 0, needs, 1.0), jnp.inf))
        return (bundle - level * needs) * self.keeps + level * makes

    def steady_state(self, income: Float[np.ndarray, " goods"]) -> SteadyState:
        """The best consumption that can go on for ever: `max sum_j I_j log y_j`.

        Stocks stay as they are, `gift + B z = A z + y` with nothing below 0: it is also what prices lead to where consumers
        spend `I_j` credits on good `j` every tick (Eisenberg and Gale 1959).

        Args:
            income: weight of each good; 0 for goods that nobody consumes.

        Raises:
            ArithmeticError: if no such plan was found, since a good that is consumed cannot be made.

        >>> bakery = SupplyChain([[1.0, 0.0]], [[0.0, 2.0]], [3.0, 0.0], [0.0, 1.0])
        >>> bakery.steady_state(np.array([0.0, 1.0])).consumed.round(4).tolist()
        [0.0, 6.0]
        """
        income = np.asarray(income, float)
        wanted = np.flatnonzero(income > 0)
        used, gift = self._balance(wanted)
        techniques = self.inputs.shape[0]

        def loss(plan: np.ndarray) -> float:
            return -float(income[wanted] @ np.log(np.maximum(plan[techniques:], _TINY)))

        def slope(plan: np.ndarray) -> np.ndarray:
            return np.concatenate([np.zeros(techniques), -income[wanted] / np.maximum(plan[techniques:], _TINY)])

        start = np.full(techniques + len(wanted), 1e-3 * max(gift.max(), _TINY))
        found = minimize(
            loss,
            start,
            jac=slope,
            bounds=[(0, None)] * len(start),
            constraints=[{"type": "ineq", "fun": lambda plan: gift - used @ plan, "jac": lambda plan: -used}],
            method="SLSQP",
            options={"maxiter": 1000, "ftol": 1e-14},
        )
        # at the best plan the consumers' marginal values are a linear objective of which it is the best, too, worth all of their income
        dual = linprog(slope(found.x), A_ub=used, b_ub=gift, method="highs")
        if dual.status != 0 or abs(dual.fun + income.sum()) > 1e-5 * income.sum():
            raise ArithmeticError(
                f"SupplyChain: no steady state was found ({found.message}); can all that is wanted be made?"
            )
        consumed = np.zeros(self.goods)
        consumed[wanted] = found.x[techniques:]
        return SteadyState(consumed, found.x[:techniques], -dual.ineqlin.marginals)

    def with_storage(self) -> SupplyChain:
        """The same economy where one who runs the technique of a good that lasts keeps it until the next tick.

        Whoever expects a better price can then buy a good and hold it back, which holds prices together over time: a good that is in
        plenty is not given away to techniques that waste it. The planner's steady state is the same.

        Source: competitive storage, Gustafson (1958); Williams and Wright (1991).

        >>> SupplyChain.village().with_storage().inputs.shape
        (12, 7)
        """
        kept = np.diag(np.asarray(self.keeps))[np.asarray(self.keeps) > 0]
        inputs, outputs = np.vstack([self.inputs, kept > 0]), np.vstack([self.outputs, kept])
        return SupplyChain(inputs, outputs, self.gift, self.keeps, self.names)

    def _balance(self, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a plan of technique levels and consumption uses of each good, to be at most what nature brings."""
        A, B, gift = (np.asarray(array, float) for array in (self.inputs, self.outputs, self.gift))
        return np.hstack([(A - B).T, np.eye(self.goods)[:, wanted]]), gift

    @classmethod
    def village(cls) -> SupplyChain:
        """Seven goods, two of them from nature, and seven techniques, some of which do the same with and without tools.

        >>> SupplyChain.village().names
        ('labour', 'land', 'ore', 'grain', 'tools', 'bread', 'beer')
        """
        names = ("labour", "land", "ore", "grain", "tools", "bread", "beer")
        recipes = (
            ({"labour": 1.0}, {"ore": 2.0}),
            ({"labour": 0.5, "tools": 0.1}, {"ore": 2.0}),
            ({"labour": 1.0, "land": 1.0}, {"grain": 3.0}),
            ({"labour": 0.5, "land": 1.0, "tools": 0.2}, {"grain": 4.0}),
            ({"labour": 1.0, "ore": 2.0}, {"tools": 1.0}),
            ({"labour": 1.0, "grain": 2.0}, {"bread": 2.0}),
            ({"labour": 1.0, "grain": 1.0}, {"beer": 1.0}),
        )
        inputs, outputs = (
            [[amounts.get(name, 0.0) for name in names] for amounts in side] for side in zip(*recipes, strict=True)
        )
        return cls(inputs, outputs, [10.0, 4.0, 0, 0, 0, 0, 0], [0.0, 0.0, 1, 1, 1, 1, 1], names)

    @classmethod
    def drawn(cls, goods: int, techniques: int, seed: int) -> SupplyChain:
        """A random economy: a fifth of the goods comes from nature, each other one is made of a few before it.

        Args:
            goods: at least 2.
            techniques: at least one for each good that is made.
            seed: of the draw.

        Raises:
            ValueError: for too few goods or techniques.
        """
        natural = max(1, goods // 5)
        if goods < 2 or techniques < goods - natural:
            raise ValueError(
                f"SupplyChain.drawn: {goods} goods need at least {max(goods - natural, 1)} techniques, got {techniques}."
            )
        draw = np.random.default_rng(seed)
        inputs, outputs = np.zeros((techniques, goods)), np.zeros((techniques, goods))
        for technique in range(techniques):
            made = natural + technique % (goods - natural)
            used = draw.choice(made, size=min(made, 3), replace=False)
            inputs[technique, used] = draw.uniform(0.2, 1.0, len(used))
            outputs[technique, made] = draw.uniform(1.0, 2.0)
        comes = np.arange(goods) < natural
        return cls(inputs, outputs, np.where(comes, 10.0, 0.0), np.where(comes, 0.0, 1.0))


class OneTechniqueATick(AbstractEnv):
    """A supply chain for a deep market: one owner of everything, which runs one technique a tick, as often as stocks allow.

    What is consumed pays `prices`. Seen is which techniques could run at least once.
    """

    chain: SupplyChain
    prices: Float[Array, " goods"]
    """Credits per unit for goods that are consumed, 0 for the others."""
    discount: float = 0.95

    @property
    def observation_space(self) -> Discrete:
        """Which techniques could run."""
        return Discrete(2 ** self.chain.inputs.shape[0])

    @property
    def action_space(self) -> Discrete:
        """The technique."""
        return Discrete(self.chain.inputs.shape[0])

    def _observe(self, stock: Float[Array, " goods"]) -> Int[Array, ""]:
        ready = jnp.all(stock[None, :] >= self.chain.inputs, axis=1)
        return jnp.sum(ready * 2 ** jnp.arange(ready.shape[0], dtype=jnp.int32), dtype=jnp.int32)

    def reset(self, key: Key[Array, ""]) -> tuple[Float[Array, " goods"], Int[Array, ""]]:
        """What nature brings, and nothing else."""
        stock = self.chain.gift.astype(jnp.float32)
        return stock, self._observe(stock)

    def step(self, key: Key[Array, ""], state: Float[Array, " goods"], action: Int[Array, ""]) -> Step:
        """Run a technique, consume, receive."""
        stock = self.chain.transform(None, state, action)
        eaten = jnp.where(self.prices > 0, stock, 0.0)
        stock = (stock - eaten + self.chain.gift).astype(jnp.float32)
        off = jnp.asarray(False)
        return Step(stock, self._observe(stock), jnp.sum(eaten * self.prices), off, off, {"consumed": eaten})
