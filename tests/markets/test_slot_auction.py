"""Machine time: jobs in slots, job shops, and what prices of slots can and cannot do."""

from itertools import permutations, product

import numpy as np
import pytest

from catallax.core import Status
from catallax.envs import JobShop, SlotJobs
from catallax.equilibria.indivisible import AssignmentMarket, ConfigurationProgram, UnitDemand, XorBids
from catallax.markets import SlotAuction

SHOP = JobShop([[0, 1, 2], [1, 0, 2], [2, 1, 0]], [[2, 3, 1], [2, 1, 4], [3, 1, 2]])


def shortest(shop: JobShop) -> int:
    """By trying every order of the jobs at every machine."""
    jobs = range(len(shop.machine))
    found = []
    for orders in product(*[list(permutations(jobs))] * shop.machines):
        start, done = np.full(shop.duration.shape, -1), [0] * shop.machines
        moved = True
        while moved:
            moved = False
            for place, order in enumerate(orders):
                if done[place] == len(order):
                    continue
                job = order[done[place]]
                step = int(np.flatnonzero(shop.machine[job] == place)[0])
                before = start[job, step - 1] + shop.duration[job, step - 1] if step else 0
                if step and start[job, step - 1] < 0:
                    continue
                last = order[done[place] - 1] if done[place] else None
                free = 0
                if last is not None:
                    other = int(np.flatnonzero(shop.machine[last] == place)[0])
                    free = start[last, other] + shop.duration[last, other]
                start[job, step], done[place], moved = max(before, free), done[place] + 1, True
        if (start >= 0).all():
            found.append(shop.makespan(start))
    return min(found)


def feasible(shop: JobShop, start: np.ndarray) -> bool:
    end = start + shop.duration
    apart = all(
        end[a] <= start[b] or end[b] <= start[a]
        for a in np.ndindex(start.shape) for b in np.ndindex(start.shape)
        if a != b and shop.machine[a] == shop.machine[b]
    )  # fmt: skip
    return apart and bool((start[:, 1:] >= end[:, :-1]).all())


def test_the_auctions_schedule_is_feasible_and_its_prices_prove_a_true_bound():
    best = shortest(SHOP)
    planned, proved = SHOP.best()
    assert SHOP.makespan(planned) == best == pytest.approx(proved) and feasible(SHOP, planned)
    sale = SlotAuction(rounds=100).run(SHOP)
    assert feasible(SHOP, sale.start) and SHOP.makespan(sale.start) == best
    assert sale.bound <= best + 1e-4 and (sale.bounds <= best + 1e-4).all()
    # at no prices every job is as quick as it can be, on average
    assert sale.bounds[0] == pytest.approx(SHOP.duration.sum(1).mean(), rel=1e-6)


def test_ft06_is_what_was_published():
    shop = JobShop.ft06()
    assert np.array_equal(np.sort(shop.machine, axis=1), np.tile(np.arange(6), (6, 1)))
    assert shop.duration.sum() == 197 and shop.least() == 47


def test_jobs_of_one_slot_have_prices_and_longer_ones_need_not():
    jobs = SlotJobs([1, 1, 1], [8.0, 8.0, 4.0], [0.5, 0.75, 1.0], slots=2, machines=1)
    found = AssignmentMarket().solve(UnitDemand(jobs.values()), jobs.supply)
    assert found.status is Status.SOLVED and found.welfare == 14.0
    long = SlotJobs([2, 2, 1, 1], [3.0, 3.0, 2.0, 2.0], [1.0] * 4, slots=3, machines=1)
    runs = long.runs()
    priced = ConfigurationProgram().solve(XorBids(runs.job, runs.slots, runs.value, 4), long.supply)
    assert priced.status is Status.NO_WALRASIAN
    assert (priced.welfare, priced.bound) == (5.0, pytest.approx(5.5))


def test_wrong_jobs_are_refused():
    with pytest.raises(ValueError, match="one number a job"):
        SlotJobs([1, 1], [1.0], [1.0], slots=2)
    with pytest.raises(ValueError, match="decay in"):
        SlotJobs([1], [1.0], [0.0], slots=2)
    with pytest.raises(ValueError, match="axes jobs and operations"):
        JobShop([[0, 1]], [[1]])
    with pytest.raises(ValueError, match="at least 1 slot"):
        JobShop([[0]], [[0]])
    with pytest.raises(ValueError, match="pace in"):
        SlotAuction(pace=2.0)
