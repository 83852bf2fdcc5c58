"""`catallax watch`: the live page of a sweep or a training run."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Any

import tyro

from catallax import view
from catallax.cli._commands import UsageError


def watch(words: list[str]) -> int:
    """Show a folder in the browser until stopped."""

    def arguments(folder: Annotated[Path, tyro.conf.Positional], port: int = 8010) -> tuple[Path, int]:
        """Show a sweep or a training run in the browser, for this machine alone, until Ctrl-C; it reads the folder and changes nothing.

        Args:
            folder: of the sweep or run; running, stopped or finished.
            port: where the page is; 0 is a free one.
        """
        return folder, port

    folder, port = tyro.cli(arguments, args=words, prog="catallax watch")
    try:
        import uvicorn

        app = view.watch_app(folder)
    except ImportError as error:
        raise UsageError(
            f"catallax watch: the page needs Starlette and uvicorn: pip install 'catallax[view]' ({error})."
        ) from error
    with socket.create_server(("127.0.0.1", port)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        quiet: Any = {"log_level": "warning", "access_log": False, "server_header": False}
        uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=1, **quiet)).run([listening])
    return 0
