"""A finished synthetic run, written once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catallax.lab import RunFolder

sys.path.insert(0, str(Path(__file__).parent))

import synthetic


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run folder with everything a run can leave."""
    return synthetic.write(tmp_path_factory.mktemp("runs") / "lake")
