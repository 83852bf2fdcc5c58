"""The marketplace from the command line: `catallax serve`, `catallax migrate`."""

from __future__ import annotations

from typing import Annotated, Any

import tyro

MISSING = "it takes FastAPI, SQLAlchemy and uvicorn: pip install 'catallax[exchange]'"


def serve(words: list[str]) -> int:
    """Run a marketplace until it is stopped."""
    exchange = _room("catallax serve")
    import uvicorn

    def arguments(
        settings: Annotated[Any, tyro.conf.arg(name="")] = exchange.Settings(),
        host: str = "127.0.0.1",
        port: int = 8000,
    ) -> tuple[Any, str, int]:
        """Run the marketplace: one process, until Ctrl-C.

        Args:
            settings: how it is run.
            host: address it listens on; 0.0.0.0 for all of this machine.
            port: of it; 0 takes a free one.
        """
        return settings, host, port

    arguments.__annotations__["settings"] = Annotated[exchange.Settings, tyro.conf.arg(name="")]
    settings, host, port = tyro.cli(arguments, args=words, prog="catallax serve")
    app = exchange.create_app(settings)
    token = exchange.first_token(app)
    if token is not None:
        print(f"admin token, shown this once: {token}", flush=True)
    config = uvicorn.Config(app, host, port, log_level="warning", access_log=False)
    with config.bind_socket() as socket:
        print(f"catallax exchange on http://{host}:{socket.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run([socket])
    return 0
