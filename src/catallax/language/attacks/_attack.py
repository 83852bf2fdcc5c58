"""What an attack is, and what is measured of it."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

Settings = Mapping[str, Any]
"""Keyword arguments of `Bazaar`; what is not named is as by default."""


class Trial(NamedTuple):
    """What came of one history."""

    profit: int
    """Micro-credits that the attackers have more than they came with; what they know counts at its worth, endowments do not."""
    figure: float = 0.0
    """What else there is to see; the attack says what it is."""


@dataclass(frozen=True)
class AbstractAttack(abc.ABC):
    """Somebody who means harm, beside a twin in the same place, with the same luck, who does not.

    `gain = profit of the attack - profit of the twin`.

    Args:
        also: settings that it is tried under, beside those of the suite.
    """

    also: Settings = field(default_factory=dict, kw_only=True)
    name: ClassVar[str]
    defence: ClassVar[str]
    figure: ClassVar[str] = ""
    """What the figure of a trial is."""

    @abc.abstractmethod
    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        """One history.

        Args:
            settings: of the bazaar.
            seed: of all chance.
            attacks: whether it attacks, or is its harmless twin.
        """

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings] | None:
        """The same attack where its defence was exchanged for none; None if the defence is no part that can be exchanged."""
        return None
