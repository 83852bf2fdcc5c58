"""Three days in Lisbon: a request with a bounty passes through suppliers that know different things, and the traveller picks.

The story of the essay on self-improving networks, told by programs instead of language models: what a supplier knows is written
below, and it bids more the more of its knowledge fits what is already in the text.
"""

from catallax.core import MICRO, to_credits, to_micro
from catallax.language.reasoning import (
    AbstractAssistant,
    AbstractReader,
    Commission,
    Draft,
    EscrowUntilRelease,
    Private,
    Question,
    Reading,
    SaleFinal,
    SupplyChain,
    Work,
)

DIARY = (
    "avoids tourist traps; does what locals do; learns skills, best of all surfing; likes the history of local industry"
)
REQUEST = "Plan a three-day tour of Lisbon"


class Knows(AbstractReader):
    """A supplier that adds what it knows where certain words are in the text, and bids by how many of them are."""

    def __init__(self, name: str, knowledge: str, helps: dict[str, float], final: bool = False) -> None:
        self.name, self.knowledge, self.helps, self.final, self.most = name, knowledge, helps, final, to_micro(0.05)

    async def appraise(self, reading: Reading) -> int:
        sees = " ".join([reading.question.text, *(t.text for t in reading.thoughts), *reading.private.values()])
        wrote = any(thought.author == self.name for thought in reading.thoughts)
        return 0 if wrote else to_micro(max(sum(worth for word, worth in self.helps.items() if word in sees), 0))

    async def act(self, reading: Reading) -> Work:
        added = " ".join(reading.private.values()) or self.knowledge
        text = f"{reading.text}\n{added}" if reading.thoughts else added
        return Work((Draft(text, final=self.final),), cost=to_micro(0.02))


class Traveller(AbstractAssistant):
    """Takes the offer that names most of what the diary cares for, the first of equals."""

    async def choose(self, offers: Reading) -> str | None:
        liked = ("locals", "surf", "shoe factory", "swell", "tram")
        scores = [sum(word in thought.text for word in liked) for thought in offers.thoughts]
        return offers.thoughts[scores.index(max(scores))].id if max(scores) >= 3 else None


SUPPLIERS = [
    Knows("Notion", "no diary to read", {"surfing": 4.0}),
    Knows(
        "Trip Advisor",
        "Day 1: the castle. Day 2: tram 28. Day 3: the aquarium.",
        {"Lisbon": 2.5, "tourist traps": -2.5},
    ),
    Knows("Grok", "surf at Carcavelos where locals go; a shoe factory tour", {"tourist traps": 3.0, "industry": 3.0}),
    Knows("Surf forecast", "swell of 1.2 m on the second morning", {"Carcavelos": 7.5}),
    Knows("Presenter", "Your three days, ready to book.", {"swell": 9.2}, final=True),
    Knows("Coach tours", "Seats on the coach are kept for you.", {"castle": 4.5, "surfing": -4.5}, final=True),
]


def story(settlement: SaleFinal | EscrowUntilRelease, allowed: frozenset[str]) -> None:
    """One request, with or without consent to read the diary."""
    market = SupplyChain(SUPPLIERS, Traveller(), seats=2, stages=4, listing_fee=to_micro(0.1), settlement=settlement)
    tour = Commission(Question(REQUEST, 10 * MICRO), {"diary": Private(DIARY, allowed)}, consumer="traveller")
    found = market.run(tour, "lisbon")
    print(f"{type(settlement).__name__}, the diary is open to {', '.join(sorted(allowed)) or 'nobody'}")
    print(found.report())
    print(found.answer or "The traveller refused every offer.")
    gains = {s.name: to_credits(market.journal[s.name] - market.endowment) for s in SUPPLIERS}
    print({name: round(gain, 2) for name, gain in gains.items()}, "books off by", market.journal.audit(), "\n")


def main() -> None:
    """Tell the story, with both ways of paying, and without consent."""
    story(SaleFinal(), frozenset({"Notion"}))
    story(EscrowUntilRelease(), frozenset({"Notion"}))
    story(SaleFinal(), frozenset())


if __name__ == "__main__":
    main()
