"""Electricity for a day: plants, a battery and loads trade the energy of every hour at once."""

# no postponed annotations here: equinox must see the fields' types itself

from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linprog, milp
from scipy.sparse import block_array, csr_array, diags_array, eye_array

from catallax.core import Activities


class Dated(NamedTuple):
    """Which activity is whose and when; axis `activities`."""

    owner: Int[np.ndarray, " activities"]
    """Plants first, then loads, then the battery's three: charging, discharging, holding."""
    hour: Int[np.ndarray, " activities"]


class Commitment(NamedTuple):
    """The best plan where plants cost something to start, and what prices can prove about it."""

    levels: Float[np.ndarray, " activities"]
    on: Bool[np.ndarray, "plants hours"]
    welfare: float
    """Credits, starts paid."""
    bound: float
    """The best that mixtures of whole schedules could reach: the least bound that any prices prove, credits."""
    prices: Float[np.ndarray, " goods"]
    """Those that prove it, credits per unit."""
    uplift: Float[np.ndarray, " plants"]
    """What each plant would earn more by another schedule at these prices, credits."""


class Dispatch(eqx.Module):
    """Plants with rising costs, loads with falling values, and a battery, over the hours of a day that repeats.

    Goods are the energy of each hour, what is in store at the end of each hour, and the right to change a plant's output from
    one hour to the next, up and down. Activities are each plant's output, each load's use, and the battery's charging, discharging
    and holding, in each hour. All are traded at once, as on a day-ahead market. A battery buys in one hour and sells in another, and loses
    a share on both ways.

    Args:
        capacity: highest output, MWh, axes `plants hours` (or one number a plant).
        cost: of a plant's first MWh, credits.
        slope: credits by which each MWh costs more than the one before.
        ramp: MWh by which a plant's output may differ from one hour to the next.
        start: credits that a start costs; for `commitment` alone.
        least: share of its capacity that a plant makes at least while it is on; likewise.
        worth: of a load's first MWh, credits, axes `loads hours` (or one number a load).
        fall: credits by which each MWh is worth less than the one before.
        most: highest use, MWh, axes `loads hours` (or one number a load).
        power: MWh that the battery charges or discharges in an hour at most.
        room: MWh that it holds at most.
        kept: share of the energy that is left after charging, and again after discharging.

    Raises:
        ValueError: for shapes that do not fit, amounts below 0, or a share outside (0, 1].

    >>> day = Dispatch.day()
    >>> day.plants, day.loads, day.hours, day.activities().makes.shape
    (5, 2, 24, (240, 288))
    """

    capacity: Float[np.ndarray, "plants hours"]
    cost: Float[np.ndarray, " plants"]
    slope: Float[np.ndarray, " plants"]
    ramp: Float[np.ndarray, " plants"]
    start: Float[np.ndarray, " plants"]
    least: Float[np.ndarray, " plants"]
    worth: Float[np.ndarray, "loads hours"]
    fall: Float[np.ndarray, " loads"]
    most: Float[np.ndarray, "loads hours"]
    power: float
    room: float
    kept: float
    names: tuple[str, ...] = eqx.field(static=True)
    """Of the plants, then of the loads."""

    def __init__(
        self,
        *,
        capacity: Any,
        cost: Any,
        slope: Any,
        ramp: Any,
        worth: Any,
        fall: Any,
        most: Any,
        start: Any = 0.0,
        least: Any = 0.0,
        power: float | int = 0.0,
        room: float | int = 0.0,
        kept: float | int = 1.0,
        hours: int = 24,
        names: tuple[str, ...] = (),
    ) -> None:
        plants, loads = len(np.asarray(cost)), len(np.asarray(fall))
        self.capacity, self.worth, self.most = (
            _table(name, given, count, hours)
            for name, given, count in (("capacity", capacity, plants), ("worth", worth, loads), ("most", most, loads))
        )
        self.cost, self.slope, self.ramp, self.start, self.least = (
            np.broadcast_to(np.asarray(given, float), plants) for given in (cost, slope, ramp, start, least)
        )
        self.fall = np.asarray(fall, float)
        self.power, self.room, self.kept = float(power), float(room), float(kept)
        self.names = names or tuple([f"plant {g}" for g in range(plants)] + [f"load {d}" for d in range(loads)])

    def __check_init__(self) -> None:
        for name in ("capacity", "cost", "slope", "ramp", "start", "least", "worth", "fall", "most", "power", "room"):
            if not np.all(np.asarray(getattr(self, name)) >= 0):
                raise ValueError(f"Dispatch: {name} must be at least 0.")
        if not (0 < self.kept <= 1 and np.all(self.least <= 1)):
            raise ValueError(
                f"Dispatch: kept must lie in (0, 1] and least in [0, 1], got {self.kept} and {self.least.tolist()}."
            )
        if len(self.names) != self.plants + self.loads:
            raise ValueError(
                f"Dispatch: expected {self.plants + self.loads} names, of plants and loads, got {self.names}."
            )

    @property
    def plants(self) -> int:
        """How many plants there are."""
        return len(self.cost)

    @property
    def loads(self) -> int:
        """How many loads there are."""
        return len(self.fall)

    @property
    def hours(self) -> int:
        """Of the day."""
        return self.capacity.shape[1]

    def dated(self) -> Dated:
        """Owner and hour of each activity."""
        owners = self.plants + self.loads + 3
        return Dated(np.repeat(np.arange(owners), self.hours), np.tile(np.arange(self.hours), owners))

    def activities(self) -> Activities:
        """The economy: goods are energy by hour, stored energy by hour, and rights to go up and down by plant and hour."""
        energy = np.eye(self.hours)
        nothing, after = np.zeros_like(energy), np.roll(energy, 1, axis=1)
        change, count = energy - after, self.plants

        def plant(g: int) -> np.ndarray:
            # more output now takes a right to go up from the hour before, and gives one for the hour after
            rights = [-change if h == g else change if h == g + count else nothing for h in range(2 * count)]
            return np.hstack([energy, nothing, *rights])

        others = [(-energy, nothing)] * self.loads
        others += [(-energy, self.kept * energy), (self.kept * energy, -energy), (nothing, after - energy)]
        free = [nothing] * (2 * count)
        makes = [plant(g) for g in range(count)] + [np.hstack([now, stored, *free]) for now, stored in others]
        each, battery = np.ones(self.hours), np.zeros(3 * self.hours)
        return Activities(
            np.vstack(makes),
            np.concatenate([np.repeat(self.cost, self.hours), -self.worth.ravel(), battery]),
            np.concatenate([np.repeat(self.slope, self.hours), np.repeat(self.fall, self.hours), battery]),
            np.concatenate(
                [self.capacity.ravel(), self.most.ravel(), self.power * each, self.power * each, self.room * each]
            ),
            np.concatenate([np.zeros(2 * self.hours), np.tile(np.repeat(self.ramp, self.hours), 2)]),
        )

    def amounts(self, levels: Float[np.ndarray, " activities"]) -> Float[np.ndarray, "owners hours"]:
        """Levels by owner: plants, loads, then the battery's charging, discharging and holding, MWh."""
        return np.asarray(levels).reshape(-1, self.hours)

    def stepped(self, steps: int = 4) -> "Dispatch":
        """The same day with costs and values in steps of equal width, each a plant or load of its own; ramps are left out.

        A plant's steps are those of its best hour; in others it lacks the upper ones.
        """
        part = (np.arange(steps) + 0.5) / steps
        full = self.capacity.max(1)[:, None, None] / steps
        width = np.clip(self.capacity[:, None] - full * np.arange(steps)[:, None], 0, full).reshape(-1, self.hours)
        middle = np.repeat(self.cost, steps) + (self.slope * self.capacity.max(1) * part[:, None]).T.ravel()
        taken = np.repeat(self.most, steps, axis=0) / steps
        value = (
            np.repeat(self.worth, steps, axis=0)
            - np.repeat(self.fall[:, None] * self.most, steps, axis=0) * np.tile(part, self.loads)[:, None]
        )
        return Dispatch(
            capacity=width, cost=middle, slope=np.zeros(len(middle)), ramp=width.max(1), worth=np.maximum(value, 0.0),
            fall=np.zeros(len(taken)), most=taken, power=self.power, room=self.room, kept=self.kept, hours=self.hours,
        )  # fmt: skip

    def commitment(self, steps: int = 4, seconds: float = 60.0) -> Commitment:
        """The best plan where a plant is on or off, is paid for starting, and makes at least a share of its capacity while it is on.

        `max value(z) - sum start_g v_gh` over levels z and whole `u_gh` (on) and `v_gh >= u_gh - u_g,h-1` (start), with
        `least_g K_g u_gh <= z_gh <= K_g u_gh`. Costs and values are stepped, ramps left out. Whole schedules are no convex set, so that there
        need be no prices at which everybody likes the plan. With fractions of `u` the program's value is the least that any prices
        prove: given prices a plant's own program has whole solutions, since `u` and `v` form a network.

        Args:
            steps: of each cost curve.
            seconds: limit for the mixed-integer program.

        Raises:
            TimeoutError: if the optimum was not proved in time.

        Source: Gribik, Hogan and Pope (2007), on prices and uplift; solved with HiGHS.
        """
        return _commit(self, self.stepped(steps), steps, seconds)

    @classmethod
    def day(cls) -> "Dispatch":
        """Five plants, one of them solar, a battery, homes and a works.

        >>> Dispatch.day().names
        ('nuclear', 'coal', 'gas', 'peaker', 'solar', 'homes', 'works')
        """
        hour = np.arange(24)
        sun = np.clip(np.sin((hour - 5.5) / 13 * np.pi), 0.0, None)
        homes = 38 + 14 * np.exp(-(((hour - 8) / 2.0) ** 2)) + 34 * np.exp(-(((hour - 19) / 2.5) ** 2))
        works = 30 + 25 * ((hour >= 7) & (hour < 17))
        capacity = [np.full(24, k) for k in (30.0, 35.0, 35.0, 30.0)] + [45.0 * sun]
        return cls(
            capacity=capacity,
            cost=[8.0, 22.0, 36.0, 70.0, 0.0],
            slope=[0.05, 0.3, 0.6, 1.5, 0.02],
            ramp=[2.0, 10.0, 20.0, 30.0, 30.0],
            start=[1500.0, 700.0, 300.0, 60.0, 0.0],
            least=[0.6, 0.4, 0.3, 0.1, 0.0],
            worth=[np.full(24, 200.0), np.full(24, 110.0)],
            fall=[1.6, 1.2],
            most=[homes, works],
            power=12.0,
            room=40.0,
            kept=0.93,
            names=("nuclear", "coal", "gas", "peaker", "solar", "homes", "works"),
        )


def _table(name: str, given: Any, rows: int, hours: int) -> np.ndarray:
    array = np.asarray(given, float)
    if array.shape == (rows,):
        array = array[:, None]
    if array.ndim != 2 or array.shape[0] != rows or array.shape[1] not in (1, hours):
        raise ValueError(f"Dispatch: {name} must have the axes [{rows} {hours}] or [{rows}], got {array.shape}.")
    return np.array(np.broadcast_to(array, (rows, hours)))


class _Program(NamedTuple):
    """A mixed-integer program over levels, then `u`, then `v`: least cost with `rows x >= 0` and `0 <= x <= limits`."""

    cost: np.ndarray
    limits: np.ndarray
    rows: csr_array
    """Balances of the goods first, then what plants must keep to."""
    makes: np.ndarray
    """Units of energy and of what is in store, axes `activities goods`."""
    plant: np.ndarray
    """Whose each unknown is; -1 for nobody's plant."""


def _program(day: Dispatch, fine: Dispatch, steps: int) -> _Program:
    with jax.enable_x64(True):  # or a plant that makes its whole capacity while it is on lacks what rounding took
        economy = fine.activities()
    hours, slots = day.hours, day.plants * day.hours
    goods = 2 * hours  # rights to change are plenty, ramps being left out
    makes, cost, most = (np.asarray(x, float) for x in (economy.makes[:, :goods], economy.cost, economy.capacity))
    own, count = np.arange(fine.plants * hours), len(cost)
    plant = np.repeat(np.arange(day.plants), steps * hours)
    slot = plant * hours + own % hours
    output = csr_array((np.ones(len(own)), (slot, own)), (slots, count))
    step_on = csr_array((most[own], (own, slot)), (len(own), slots))
    step = csr_array((np.ones(len(own)), (own, own)), (len(own), count))
    before = np.arange(slots) - np.arange(slots) % hours + (np.arange(slots) - 1) % hours
    on, lag = eye_array(slots), csr_array((np.ones(slots), (np.arange(slots), before)), (slots, slots))
    least = diags_array(np.repeat(day.least, hours) * day.capacity.ravel())
    rows = block_array(
        [
            [csr_array(makes.T), None, csr_array((goods, slots))],
            [output, -least, None],
            [-step, step_on, None],
            [None, lag - on, eye_array(slots)],
        ]
    )
    return _Program(
        np.concatenate([cost, np.zeros(slots), np.repeat(day.start, hours)]),
        np.concatenate([most, np.ones(2 * slots)]),
        csr_array(rows),
        makes,
        np.concatenate([plant, np.full(count - len(own), -1), np.tile(np.repeat(np.arange(day.plants), hours), 2)]),
    )


def _commit(day: Dispatch, fine: Dispatch, steps: int, seconds: float) -> Commitment:
    """See `Dispatch.commitment`."""
    program = _program(day, fine, steps)
    cost, rows, (count, goods), slots = program.cost, program.rows, program.makes.shape, day.plants * day.hours
    found = milp(
        cost,
        integrality=np.repeat([0, 1, 0], [count, slots, slots]),
        bounds=(0, program.limits),
        constraints=(rows, 0, np.inf),
        options={"time_limit": seconds, "mip_rel_gap": 1e-7},
    )
    if found.status != 0:
        raise TimeoutError(f"Dispatch: no proved commitment within {seconds} seconds ({found.message}); give it more.")
    best = np.asarray(found.x)
    box = np.stack([np.zeros(len(cost)), program.limits], axis=1)
    nothing = rows @ np.zeros(len(cost))
    mixed = linprog(cost, A_ub=-rows, b_ub=nothing, bounds=box)
    prices = -mixed.ineqlin.marginals[:goods]
    # at the prices everybody plans alone
    loss = cost - np.concatenate([program.makes @ prices, np.zeros(2 * slots)])
    alone = np.asarray(linprog(loss, A_ub=-rows[goods:], b_ub=nothing[goods:], bounds=box).x)
    missed = loss * (best - alone)
    return Commitment(
        best[:count],
        best[count : count + slots].reshape(day.plants, day.hours) > 0.5,
        -float(cost @ best),
        -float(mixed.fun),
        prices,
        np.bincount(program.plant + 1, missed, day.plants + 1)[1:],
    )
