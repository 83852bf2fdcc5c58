"""Models behind LiteLLM."""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from catallax.adapters._extras import need
from catallax.language.models import AbstractModel, Failure, Request, Response, most
from catallax.language.models._chat import Outcome, body, by_status, completion, settled

COMPROMISED = frozenset({"1.82.7", "1.82.8"})
"""Releases of 24 March 2026 that steal credentials (BerriAI/litellm issues 24512, 24518, 24521)."""


class LiteLLM(AbstractModel):
    """A model that LiteLLM reaches, some hundred and fifty providers.

    One try: LiteLLM's own retries, which nobody would bill, are switched off. Put `Retrying`, `Limited`, `Timed` and `Metered`
    around it. LiteLLM asks for its price list over the network when it is imported; the environment variable
    `LITELLM_LOCAL_MODEL_COST_MAP=True` keeps it from that.

    Args:
        model: LiteLLM's name of the model, `"ollama/llama3"` say.
        settings: further arguments of `litellm.acompletion` (`api_base`, `api_key`, ...); they replace ours.

    Raises:
        ImportError: without LiteLLM, or with one of the two compromised releases, which are not imported.
    """

    def __init__(self, model: str, settings: Mapping[str, Any] | None = None) -> None:
        _refuse_compromised()
        self._litellm = need("litellm", "litellm")
        self._model = model
        self._settings = dict(settings or {})

    @property
    def name(self) -> str:
        return self._model

    async def complete(self, request: Request) -> Response:
        started = time.perf_counter()
        fields = body(self._model, request, "max_tokens") | {"num_retries": 0, "max_retries": 0} | self._settings
        try:
            outcome = completion((await self._litellm.acompletion(**fields)).model_dump(), request)
        except self._litellm.exceptions.ContentPolicyViolationError:
            outcome = Outcome(failure=Failure.REFUSED, detail="a filter declined to answer.")
        except self._litellm.Timeout:
            outcome = Outcome(usage=most(request), failure=Failure.TIMEOUT, detail="no answer in time.")
        except self._litellm.APIConnectionError:
            outcome = Outcome(usage=most(request), failure=Failure.GONE, detail="no connection, or it broke.")
        except self._litellm.exceptions.openai.APIError as error:
            outcome = by_status(getattr(error, "status_code", None) or 500, request)
            if outcome.failure is Failure.SERVER_ERROR:
                # LiteLLM says 500 for a connection that broke, too
                outcome = outcome._replace(usage=most(request))
        return settled(outcome, self.name, request, time.perf_counter() - started)


def _refuse_compromised() -> None:
    """Look at the installed version before a line of it runs.

    Raises:
        ImportError: for a compromised release.
    """
    try:
        installed = version("litellm")
    except PackageNotFoundError:
        return
    if installed in COMPROMISED:
        raise ImportError(
            f"catallax.adapters.LiteLLM: litellm {installed} steals credentials and is not imported; run: pip uninstall "
            "litellm, change every key this machine could read, then: pip install 'catallax[litellm]'"
        )
