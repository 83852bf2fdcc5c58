"""Jobs on identical machines, whose worth falls with the time they are finished."""

# no postponed annotations here: equinox must see the fields' types itself

from typing import Any, NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Float, Int


class Runs(NamedTuple):
    """Every way to run every job without a break; axis `runs`."""

    job: Int[np.ndarray, " runs"]
    slots: Bool[np.ndarray, "runs slots"]
    value: Float[np.ndarray, " runs"]
    """Credits."""


class SlotJobs(eqx.Module):
    """Compute time for sale: so many identical machines in each slot of time, and jobs that need some slots in a row.

    A job that is finished after slot t is worth `worth_j decay_j^t` credits, and nothing if it is finished after its deadline. Goods are slots, with a
    unit for each machine. A job of one slot wants one good of many; a longer one wants all of its slots together or none.

    Args:
        length: slots that each job needs, whole, at least 1.
        worth: of each job if it were finished at once, credits.
        decay: share of the worth that is left after each slot, in (0, 1].
        slots: of time.
        machines: in each slot.
        deadline: slots by which each job must be finished; the end if nothing is said.

    Raises:
        ValueError: for shapes that do not fit or numbers out of range.

    >>> jobs = SlotJobs([1, 2], [4.0, 8.0], [0.5, 0.5], slots=3)
    >>> jobs.values().tolist()
    [[4.0, 2.0, 1.0], [0.0, 4.0, 2.0]]
    >>> jobs.runs().slots.astype(int).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]]
    """

    length: Int[np.ndarray, " jobs"]
    worth: Float[np.ndarray, " jobs"]
    decay: Float[np.ndarray, " jobs"]
    slots: int
    machines: int
    deadline: Int[np.ndarray, " jobs"]

    def __init__(
        self, length: Any, worth: Any, decay: Any, *, slots: int, machines: int = 1, deadline: Any = None
    ) -> None:
        self.length, self.worth, self.decay = np.asarray(length), np.asarray(worth, float), np.asarray(decay, float)
        self.slots, self.machines = slots, machines
        self.deadline = np.full(self.length.shape, slots) if deadline is None else np.asarray(deadline)

    def __check_init__(self) -> None:
        shapes = {given.shape for given in (self.length, self.worth, self.decay, self.deadline)}
        if len(shapes) != 1 or self.length.ndim != 1 or not np.issubdtype(self.length.dtype, np.integer):
            raise ValueError(
                f"SlotJobs: length (whole), worth, decay and deadline need one number a job, got axes {shapes}."
            )
        fits = (self.length >= 1).all() and (self.worth >= 0).all() and ((self.decay > 0) & (self.decay <= 1)).all()
        if not fits or self.slots < 1 or self.machines < 1:
            raise ValueError(
                "SlotJobs: length, slots and machines must be at least 1, worth at least 0 and decay in (0, 1], got "
                f"{self.length.tolist()}, {self.slots}, {self.machines}, {self.worth.tolist()}, {self.decay.tolist()}."
            )

    @property
    def supply(self) -> Int[np.ndarray, " slots"]:
        """Machines for sale in each slot."""
        return np.full(self.slots, self.machines)

    def values(self) -> Float[np.ndarray, "jobs slots"]:
        """What each job is worth if each slot is its last, credits."""
        last = np.arange(self.slots)[None, :]
        inside = (last + 1 >= self.length[:, None]) & (last < self.deadline[:, None])
        return np.where(inside, self.worth[:, None] * self.decay[:, None] ** last, 0.0)

    def runs(self) -> Runs:
        """Every way to run every job without a break; for jobs of one slot, every slot."""
        job, last = np.nonzero(self.values() > 0)
        slot = np.arange(self.slots)[None, :]
        inside = (slot <= last[:, None]) & (slot > (last - self.length[job])[:, None])
        return Runs(job, inside, self.values()[job, last])

    @classmethod
    def drawn(cls, jobs: int, slots: int, machines: int, longest: int, seed: int) -> "SlotJobs":
        """Random jobs.

        Args:
            jobs: how many.
            slots: of time.
            machines: in each slot.
            longest: slots that a job needs at most.
            seed: of the draw.
        """
        draw = np.random.default_rng(seed)
        length = draw.integers(1, longest, jobs, endpoint=True)
        return cls(
            length, length * draw.uniform(1, 10, jobs), draw.uniform(0.7, 1.0, jobs), slots=slots, machines=machines,
            deadline=draw.integers(np.minimum(length, slots), slots, endpoint=True),
        )  # fmt: skip
