"""Where the models of a run are asked, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

from catallax.language.models._metered import Prices


@dataclass(frozen=True)
class Provider:
    """Settings of a run that may ask a language model: all but the key, which stays in the environment.

    Raises:
        ValueError: for an address without the name of a model or without prices, and for figures outside their range.

    >>> Provider("http://localhost:8000/v1", "tiny", prompt=0.15, completion=0.6).prices.prompt
    150000
    """

    url: str = ""
    """Base address of an OpenAI-compatible server, up to and with /v1; without it programs answer in a model's place."""
    name: str = ""
    """Of the model there."""
    key_from: str = ""
    """Name of the environment variable that holds the key, if one is needed; the key is given nowhere else."""
    prompt: float | None = None
    """Dollars for a million tokens read; 0 for a server of your own."""
    completion: float | None = None
    """Dollars for a million tokens written."""
    request: float = 0.0
    """Dollars for a call."""
    budget: float | None = None
    """Dollars that the run may cost; a call that might exceed it is not made, and ends the run."""
    at_once: int = 8
    """Calls at once."""
    seconds: float = 60.0
    """The longest a call may take."""
    tries: int = 4
    """Of a call that a server may answer the next time."""
    limit_field: str = "max_tokens"
    """What the server calls the longest answer; newer models of OpenAI say max_completion_tokens."""

    trace: bool = False
    """Open a span of OpenTelemetry for every call and every step of a market; needs the extra `tracing`."""

    def __post_init__(self) -> None:
        if self.url and not self.name:
            raise ValueError("Provider: a server has several models; give the name of one.")
        if self.url and (self.prompt is None or self.completion is None):
            raise ValueError(
                "Provider: give what a million tokens cost in dollars, prompt and completion; 0 for a server of your own."
            )
        if self.at_once < 1 or self.tries < 1 or not self.seconds > 0:
            raise ValueError(f"Provider: at_once and tries are at least 1 and seconds above 0, got {self}.")
        if min(self.prompt or 0.0, self.completion or 0.0, self.request, self.budget or 0.0) < 0:
            raise ValueError(f"Provider: prices and budget are 0 dollars or more, got {self}.")

    @property
    def priced(self) -> bool:
        """Whether a dry run has something to say."""
        return self.prompt is not None and self.completion is not None

    @property
    def prices(self) -> Prices:
        """What is billed for a call; nothing where no price is given."""
        return Prices.dollars(self.prompt or 0.0, self.completion or 0.0, self.request)
