"""Every public name of the package has a place in its page."""

import re
from pathlib import Path

from catallax.core import Status
from catallax.equilibria import indivisible

PAGE = Path(__file__).resolve().parents[3] / "docs" / "equilibria_indivisible.md"


def test_every_public_name_is_explained():
    page = PAGE.read_text(encoding="utf-8")
    assert not [name for name in indivisible.__all__ if not re.search(rf"`(\w+\.)*{name}\b", page)]
    assert not [name for name in re.findall(r"^\| `(\w+)`", page, re.MULTILINE) if not (hasattr(indivisible, name) or name in Status.__members__)]  # fmt: skip
