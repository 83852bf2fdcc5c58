"""The rivals of the races trade by the rules of ours, and a missing program is named."""

import sys
from pathlib import Path

import numpy as np
import pytest

import catallax as cx

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def experiments(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "experiments"))
    yield
    for name in ("_bristol", "_double_auction_loop"):
        sys.modules.pop(name, None)


def test_the_event_loop_trades_like_the_market(experiments):
    import _double_auction_loop as event_loop

    units = cx.envs.Schedule.linear((190, 10), (60, 60), units=12, traders=12)
    ours = cx.classics.zero_intelligence(units, traders=cx.agents.ZIP(), periods=2, markets=60, quotes=300)
    runs = [
        event_loop.run(event_loop.ZIP, units.values.tolist(), units.costs.tolist(), lowest=1, highest=200, quotes=300,
                       periods=2, seed=seed)
        for seed in range(60)
    ]  # fmt: skip
    for period in range(2):
        prices = np.array([np.mean(run.prices[period]) for run in runs])
        trades = np.array([len(run.prices[period]) for run in runs])
        for mine, theirs in ((ours.mean_price[:, period], prices), (ours.trades[:, period], trades)):
            apart = abs(mine.mean() - theirs.mean())
            assert apart < 4 * np.sqrt((mine.var() + theirs.var()) / 60) + 0.01


def test_a_missing_program_is_named(experiments):
    import _bristol

    with pytest.raises(ValueError, match=r"bristol: no file 'nowhere/BSE.py'; expected the path of BSE.py"):
        _bristol.load("nowhere/BSE.py")
