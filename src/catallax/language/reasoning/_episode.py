"""What happened to one task."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from catallax.core import to_credits
from catallax.language.reasoning._auction import Bid
from catallax.language.reasoning._thought import Question, Thought


class Ending(enum.Enum):
    """Why an episode ended."""

    DELIVERED = "delivered"
    """A final thought reached the consumer."""
    NO_BID = "no_bid"
    """Nobody bid the reserve."""
    DEPTH = "depth"
    """As many rounds as are allowed."""
    BILL = "bill"
    """Nobody was left whose work is sure to fit under the cap of the bill."""


class Round(NamedTuple):
    """One sale, and the work that followed."""

    bids: tuple[Bid, ...]
    seller: str
    winner: str
    pays: int
    receives: int
    thought: Thought | None
    """None where the winner failed; it owns the unchanged state and bids no more in this episode."""
    failure: str
    """Kind of failure, `""` for none."""
    cost: int
    """Bill of the work, micro-credits, failed or not."""
    asked: tuple[tuple[str, int], ...] = ()
    """Bills of those whose bid had to be asked for, by name."""
    final: bool = False


@dataclass(frozen=True)
class Episode:
    """A record of a task: enough to settle it again.

    Args:
        id: its name, the beginning of its keys in the journal.
        question: what was asked.
        rounds: in order.
        ending: why it stopped.
        score: of the answer, 0 without one.
        shares: what the consumer paid for each round, micro-credits.
        unsold: bills of asking for bids in the round that found no buyer, by name.
    """

    id: str
    question: Question
    rounds: tuple[Round, ...]
    ending: Ending
    score: float
    shares: tuple[int, ...]
    unsold: tuple[tuple[str, int], ...] = ()

    @property
    def state(self) -> tuple[Thought, ...]:
        """The chain of thoughts."""
        return tuple(done.thought for done in self.rounds if done.thought is not None)

    @property
    def answer(self) -> str | None:
        """What was delivered."""
        return self.state[-1].text if self.ending is Ending.DELIVERED else None

    @property
    def bill(self) -> int:
        """Work and asking, micro-credits."""
        asked = sum(cost for done in self.rounds for _, cost in done.asked)
        return asked + sum(done.cost for done in self.rounds) + sum(cost for _, cost in self.unsold)

    @property
    def value(self) -> int:
        """What the society made of it, `score * bounty - bill`, micro-credits."""
        return round(self.score * self.question.bounty) - self.bill

    def received(self, number: int) -> int:
        """What the winner of a round got: from the next buyer, and from the consumer."""
        resale = self.rounds[number + 1].receives if number + 1 < len(self.rounds) else 0
        return resale + self.shares[number]

    def report(self) -> str:
        """A line a round."""
        lines = [f"{self.id}: {self.ending.value}, score {self.score:g}, bill {to_credits(self.bill):g}"]
        for number, done in enumerate(self.rounds):
            said = done.thought.text if done.thought else f"failed: {done.failure}"
            got = to_credits(self.received(number))
            lines.append(f"  {done.winner} paid {to_credits(done.pays):g}, got {got:g}: {said}")
        return "\n".join(lines)

    def to_json(self) -> str:
        """One line, from which `from_json` makes the same record."""
        return json.dumps(
            {
                "id": self.id,
                "question": self.question,
                "rounds": self.rounds,
                "ending": self.ending.value,
                "score": self.score,
                "shares": self.shares,
                "unsold": self.unsold,
            }
        )

    @classmethod
    def from_json(cls, line: str) -> Episode:
        """The record in a line.

        Raises:
            ValueError: if it is not one.
        """
        try:
            fields = json.loads(line)
            return cls(
                fields["id"],
                Question(*fields["question"]),
                tuple(_round(done) for done in fields["rounds"]),
                Ending(fields["ending"]),
                fields["score"],
                tuple(fields["shares"]),
                _pairs(fields["unsold"]),
            )
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"Episode: this line is no record of an episode ({error!r}).") from error


def _round(fields: list[Any]) -> Round:
    bids, seller, winner, pays, receives, thought, failure, cost, asked, final = fields
    said = Thought(*thought) if thought is not None else None
    sold = (seller, winner, pays, receives)
    return Round(tuple(Bid(*bid) for bid in bids), *sold, said, failure, cost, _pairs(asked), final)


def _pairs(pairs: list[Any]) -> tuple[tuple[str, int], ...]:
    return tuple((name, cost) for name, cost in pairs)
