"""The job shop: each job visits machines in an order of its own, and each machine does one thing at a time."""

# no postponed annotations here: equinox must see the fields' types itself

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Int, Real
from scipy.optimize import milp
from scipy.sparse import coo_array


class JobShop(eqx.Module):
    """Jobs whose operations each take a machine for some time, one after the other; the last job should be finished early.

    Args:
        machine: of each operation, axes `jobs operations`, numbers from 0.
        duration: of each operation, whole slots.

    Raises:
        ValueError: for shapes that do not fit, a negative machine or a duration below 1.

    >>> shop = JobShop([[0, 1], [1, 0]], [[2, 1], [1, 2]])
    >>> shop.compact(np.array([[0, 2], [0, 2]])).tolist(), shop.makespan(np.array([[0, 2], [0, 2]]))
    ([[0, 2], [0, 2]], 4)
    """

    machine: Int[np.ndarray, "jobs operations"]
    duration: Int[np.ndarray, "jobs operations"]

    def __init__(self, machine: Any, duration: Any) -> None:
        self.machine, self.duration = np.asarray(machine), np.asarray(duration)

    def __check_init__(self) -> None:
        whole = all(np.issubdtype(x.dtype, np.integer) and x.ndim == 2 for x in (self.machine, self.duration))
        if not whole or self.machine.shape != self.duration.shape:
            raise ValueError(
                "JobShop: machine and duration must be whole numbers with the axes jobs and operations, got axes "
                f"{self.machine.shape} and {self.duration.shape}."
            )
        if not ((self.machine >= 0).all() and (self.duration >= 1).all()):
            raise ValueError("JobShop: machines are numbered from 0, durations at least 1 slot.")

    @property
    def machines(self) -> int:
        """How many machines there are."""
        return int(self.machine.max()) + 1

    def least(self) -> int:
        """No schedule is shorter than its longest job, or its busiest machine."""
        busy = np.bincount(self.machine.ravel(), self.duration.ravel())
        return int(max(self.duration.sum(1).max(), busy.max()))

    def makespan(self, start: Int[np.ndarray, "jobs operations"]) -> int:
        """When the last job is finished."""
        return int((start + self.duration).max())

    def compact(self, wished: Real[np.ndarray, "jobs operations"]) -> Int[np.ndarray, "jobs operations"]:
        """A schedule that keeps the order of the wished starts: each operation begins as soon as its job and its machine are free.

        Operations are taken by wished start, of equal ones the first job's, later ones of a job never before earlier ones.
        """
        jobs, operations = self.duration.shape
        # what comes later in its job is not wished for earlier
        wished = np.maximum.accumulate(np.asarray(wished, float), axis=1)
        order = np.lexsort(
            (np.tile(np.arange(operations), jobs), np.repeat(np.arange(jobs), operations), wished.ravel())
        )
        start = np.zeros((jobs, operations), int)
        job_free, machine_free = np.zeros(jobs, int), np.zeros(self.machines, int)
        for job, operation in zip(*np.divmod(order, operations)):
            where = self.machine[job, operation]
            start[job, operation] = max(job_free[job], machine_free[where])
            job_free[job] = machine_free[where] = start[job, operation] + self.duration[job, operation]
        return start

    def best(self, seconds: float = 60.0) -> tuple[Int[np.ndarray, "jobs operations"], float]:
        """The best schedule found by mixed-integer programming, and what the program proved that none can beat.

        Which of two operations on a machine comes first is a whole unknown for each pair (Manne 1960).

        Args:
            seconds: limit; both sides are equal where it was enough.

        Raises:
            TimeoutError: if no schedule was found in time.
        """
        jobs, operations = self.duration.shape
        index, horizon = np.arange(jobs * operations).reshape(jobs, operations), int(self.duration.sum())
        entries, low = [], []
        count = jobs * operations
        pairs = [
            (index[a, p], index[b, q])
            for a in range(jobs) for b in range(a + 1, jobs) for p in range(operations) for q in range(operations)
            if self.machine[a, p] == self.machine[b, q]
        ]  # fmt: skip
        length, last = self.duration.ravel(), count + len(pairs)

        def need(terms: list[tuple[Any, float | int]], at_least: Any) -> None:
            entries.extend((len(low), column, weight) for column, weight in terms)
            low.append(at_least)

        for a in range(jobs):
            for p in range(operations - 1):
                need([(index[a, p + 1], 1), (index[a, p], -1)], length[index[a, p]])
            need([(last, 1), (index[a, -1], -1)], length[index[a, -1]])
        for number, (i, j) in enumerate(pairs):
            need([(j, 1), (i, -1), (count + number, -horizon)], length[i] - horizon)
            need([(i, 1), (j, -1), (count + number, horizon)], length[j])
        row, column, weight = (np.array(part) for part in zip(*entries))
        unknowns = last + 1
        found = milp(
            np.eye(unknowns)[last],
            integrality=np.concatenate([np.zeros(count), np.ones(len(pairs)), [0]]),
            bounds=(np.eye(unknowns)[last] * self.least(), np.where(np.arange(unknowns) < count, horizon, np.where(np.arange(unknowns) == last, horizon, 1))),
            constraints=(coo_array((weight, (row, column)), (len(low), unknowns)).tocsr(), np.array(low), np.inf),
            options={"time_limit": seconds},
        )  # fmt: skip
        if found.x is None:
            raise TimeoutError(f"JobShop: no schedule within {seconds} seconds ({found.message}); give it more.")
        return self.compact(found.x[:count].reshape(jobs, operations)), float(found.mip_dual_bound)

    @classmethod
    def ft06(cls) -> "JobShop":
        """Six jobs on six machines; 55 is the published optimum.

        Source: Fisher and Thompson (1963), in Muth and Thompson, Industrial Scheduling; numbers read in a secondary source, the manual of ILOG Scheduler.

        >>> JobShop.ft06().least()
        47
        """
        return cls(
            [[2, 0, 1, 3, 5, 4], [1, 2, 4, 5, 0, 3], [2, 3, 5, 0, 1, 4], [1, 0, 2, 3, 4, 5], [2, 1, 4, 5, 0, 3], [1, 3, 5, 0, 4, 2]],
            [[1, 3, 6, 7, 3, 6], [8, 5, 10, 10, 10, 4], [5, 4, 8, 9, 1, 7], [5, 5, 5, 3, 8, 9], [9, 3, 5, 4, 3, 1], [3, 3, 9, 10, 4, 1]],
        )  # fmt: skip

    @classmethod
    def drawn(cls, jobs: int, machines: int, seed: int) -> "JobShop":
        """A random shop: each job visits every machine once, for 1 to 9 slots."""
        draw = np.random.default_rng(seed)
        order = np.stack([draw.permutation(machines) for _ in range(jobs)])
        return cls(order, draw.integers(1, 10, (jobs, machines)))
