"""Goals of inquiries, as the bazaar knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catallax.core import to_credits
from catallax.language.bazaar import Answer, Choose, Forecast


def goal_of(goal: Mapping[str, Any]) -> Answer | Choose | Forecast:
    """The goal, as the bazaar knows it."""
    value = to_credits(goal["value"])
    if goal["kind"] == "choose":
        return Choose(goal["text"], tuple(goal["options"]), value)
    if goal["kind"] == "forecast":
        return Forecast(goal["text"], goal["prior"], value)
    return Answer(goal["text"], value)
