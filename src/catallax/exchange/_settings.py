"""How a marketplace is run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How a marketplace is run.

    Raises:
        ValueError: for figures below their least.
    """

    database: str = "sqlite:///exchange.db"
    """Of SQLAlchemy: `sqlite:///FILE` or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`."""
    grant: int = 100_000_000
    """Micro-credits of a newcomer, from the mint; 0 where money is paid in by an administrator."""
    open: bool = True
    """Whether anybody may sign up; otherwise an administrator admits."""
    rate: float = 200.0
    """Calls a second of one party."""
    burst: int = 400
    """Calls at once."""
    strangers: float = 20.0
    """Calls a second of one address without a token that counts; of IPv6 one /64."""
    logins: float = 1.0
    """Log-ins a second of one address; 20 at once."""
    streams: int = 20
    """Streams of events of one party at once."""
    body: int = 262_144
    """Bytes of a call at most."""
    sync: bool = False
    """Wait for the disk at each commit: survives a power failure too; SQLite."""
    secure: bool = False
    """Cookies over HTTPS alone, and browsers are told to come back by no other way."""
    metrics: bool = True
    """Whether `/metrics` is answered; it tells sums and no names."""
    local_hooks: bool = False
    """Whether webhooks may go to plain http and to addresses of this machine and its network: for development."""
    looking: int = 1_000
    """Micro-credits that a look at sealed information costs its informer, the least bid for attention."""
    inspecting: float = 120.0
    """Seconds that the inspection of an inquiry may take."""
    model_url: str | None = None
    """Of an OpenAI-compatible server whose model inspects, such as `http://localhost:8000/v1`; without, a program counts words."""
    model: str | None = None
    """Name of the model there."""
    model_key: str | None = None
    """Name of the environment variable that holds its key."""

    def __post_init__(self) -> None:
        for name, least in (
            ("grant", 0),
            ("rate", 1e-3),
            ("burst", 1),
            ("strangers", 1e-3),
            ("logins", 1e-3),
            ("streams", 1),
            ("body", 1024),
            ("looking", 1),
            ("inspecting", 1e-3),
        ):
            if getattr(self, name) < least:
                raise ValueError(f"Settings: {name} is at least {least}, got {getattr(self, name)}.")

        if (self.model is None) != (self.model_url is None):
            raise ValueError("Settings: a model has a name and an address; give model and model_url, or neither.")
