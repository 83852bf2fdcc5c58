"""The marketplace from the command line: `catallax serve`, `catallax migrate`."""

from __future__ import annotations

import socket
from typing import Annotated, Any

import tyro
import uvicorn

from catallax.exchange import Settings, create_app, first_token, log_lines, upgrade


class _Server(uvicorn.Server):
    """Says where it is once it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and not self.should_exit:
            host, port = sockets[0].getsockname()[:2]
            print(f"catallax exchange on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)


def serve(words: list[str]) -> int:
    """Run a marketplace until it is stopped."""

    def arguments(
        settings: Annotated[Settings, tyro.conf.arg(name="")] = Settings(),  # noqa: B008 - frozen
        host: str = "127.0.0.1",
        port: int = 8000,
    ) -> tuple[Settings, str, int]:
        """Run the marketplace in this process, until Ctrl-C. On its first start it prints the token of an administrator.

        Args:
            settings: how it is run.
            host: address it listens on; 0.0.0.0 is every one of this machine.
            port: it listens on; 0 is a free one.
        """
        return settings, host, port

    settings, host, port = tyro.cli(arguments, args=words, prog="catallax serve")
    log_lines()
    app = create_app(settings)
    if (token := first_token(app)) is not None:
        print(f"administrator's token, shown this once: {token}", flush=True)
    # whoever listens to events would keep it from stopping
    quiet: Any = {"log_config": None, "log_level": "warning", "access_log": False, "server_header": False}
    server: Any = _Server(uvicorn.Config(app, timeout_graceful_shutdown=2, timeout_keep_alive=75, **quiet))
    with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        server.run([listening])
    return 0


def migrate(words: list[str]) -> int:
    """Bring the tables of a marketplace to what this program expects."""

    def arguments(database: str = Settings.database) -> str:
        """Bring the tables of a marketplace to what this program expects, all steps or none; stop its servers, keep a copy.

        Args:
            database: of SQLAlchemy, as `catallax serve` was told.
        """
        return database

    before, after = upgrade(tyro.cli(arguments, args=words, prog="catallax migrate"))
    print(f"migration {after}: nothing to do" if before == after else f"migration {before or 'none'} -> {after}")
    return 0
