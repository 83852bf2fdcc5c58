"""The live page of a sweep or a training run: a few files and two addresses, for this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catallax.lab import RunFolderError
from catallax.view._watched import watched

FOLDER = Path(__file__).parent / "page"
RULES = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def watch_app(folder: str | Path) -> Any:
    """The page of a folder as an ASGI application (Starlette); it reads the folder, and nothing else.

    Args:
        folder: of a sweep or of a training run; it may be running, stopped or finished.

    Raises:
        ImportError: without the extra `view`.
        RunFolderError: if the folder is neither.
    """
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from starlette.requests import Request
        from starlette.responses import JSONResponse, PlainTextResponse, Response
        from starlette.routing import Route
    except ImportError as error:
        raise ImportError("watch: the page needs Starlette and uvicorn; pip install 'catallax[view]'.") from error
    looked_at = watched(folder)

    # plain functions: Starlette runs them beside the loop, so that a slow disk holds nobody up
    def state(request: Request) -> Response:
        try:
            return JSONResponse(looked_at.state(), headers=RULES)
        except RunFolderError as error:
            return PlainTextResponse(str(error), 503, headers=RULES)

    def picture(request: Request) -> Response:
        try:
            return Response(looked_at.picture(request.query_params), media_type="image/png", headers=RULES)
        except (ValueError, KeyError) as error:
            return PlainTextResponse(str(error), 404, headers=RULES)
        except RunFolderError as error:
            return PlainTextResponse(str(error), 503, headers=RULES)

    files = [Route("/" if path.name == "index.html" else f"/{path.name}", _file(path)) for path in FOLDER.iterdir()]
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "testserver"])
    return Starlette(routes=[Route("/state", state), Route("/picture", picture), *files], middleware=[hosts])


def _file(path: Path) -> Any:
    from starlette.responses import FileResponse

    async def answer(request: Any) -> Any:
        return FileResponse(path, headers=RULES)

    return answer
