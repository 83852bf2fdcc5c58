"""Models of Pydantic AI."""

from __future__ import annotations

import time
from typing import Any

from catallax.adapters._extras import need
from catallax.language.models import AbstractModel, Failure, Request, Response, Usage, most
from catallax.language.models._chat import Outcome, by_status, judged, sampling, settled


class PydanticAI(AbstractModel):
    """A model of Pydantic AI as a model of this library: some fifty providers, and its test doubles.

    One try: the retries of the provider's own client, which nobody would bill, are switched off where the model can.
    Put `Retrying`, `Limited`, `Timed` and `Metered` around it.

    Args:
        model: an instance of `pydantic_ai.models.Model`, or a name such as `"openai:gpt-5-mini"`.
        settings: further settings of the model; they replace ours.

    Raises:
        ImportError: without pydantic-ai-slim, naming the command that installs it.

    A wrong set-up (`UserError`) is raised as it is.
    """

    def __init__(self, model: Any, settings: dict[str, Any] | None = None) -> None:
        self._ai = need("pydantic_ai", "pydantic-ai")
        self._direct = need("pydantic_ai.direct", "pydantic-ai")
        self._models = need("pydantic_ai.models", "pydantic-ai")
        self._model = self._models.infer_model(model)
        self._settings = dict(settings or {})

    @property
    def name(self) -> str:
        return f"{self._model.system}:{self._model.model_name}"

    async def complete(self, request: Request) -> Response:
        started = time.perf_counter()
        errors = need("pydantic_ai.exceptions", "pydantic-ai")
        try:
            answer = await self._direct.model_request(
                self._model,
                self._said(request),
                model_settings=self._wishes(request) | self._settings,
                model_request_parameters=self._form(request),
            )
            outcome = _read(answer, request)
        except errors.ContentFilterError:
            outcome = Outcome(usage=most(request), failure=Failure.REFUSED, detail="a filter declined to answer.")
        except (errors.ModelAPIError, errors.UnexpectedModelBehavior) as error:
            outcome = _failed(error, request)
        return settled(outcome, self.name, request, time.perf_counter() - started)

    def _said(self, request: Request) -> list[Any]:
        """The messages, each in its own: Pydantic AI tells requests from responses."""
        ai, found = self._ai, []
        for message in request.messages:
            if message.role == "assistant":
                found.append(ai.ModelResponse(parts=[ai.TextPart(message.content)]))
            else:
                part = ai.SystemPromptPart if message.role == "system" else ai.UserPromptPart
                found.append(ai.ModelRequest(parts=[part(message.content)]))
        return found

    def _wishes(self, request: Request) -> dict[str, Any]:
        wishes = {"max_tokens": request.max_tokens, **sampling(request, "stop_sequences")}
        if "max_retries" not in getattr(self._model, "unsupported_settings", ("max_retries",)):
            wishes["max_retries"] = 0
        return wishes

    def _form(self, request: Request) -> Any:
        if request.schema is None:
            return self._models.ModelRequestParameters()
        form = need("pydantic_ai.output", "pydantic-ai").OutputObjectDefinition(
            dict(request.schema), "answer", None, True
        )
        return self._models.ModelRequestParameters(output_mode="native", output_object=form)


def _read(answer: Any, request: Request) -> Outcome:
    """What an answer means; tokens that are not reported count as the most there may be."""
    text = "".join(part.content for part in answer.parts if part.part_kind == "text")
    billed = Usage(answer.usage.input_tokens, answer.usage.output_tokens)
    return judged(text, None, answer.finish_reason, billed if billed != Usage() else most(request))


def _failed(error: Any, request: Request) -> Outcome:
    status, kinds = getattr(error, "status_code", None), {kind.__name__ for kind in type(error).__mro__}
    if isinstance(status, int):
        return by_status(status, request, retry_after=getattr(error, "retry_after", None))
    if "ModelTimeoutError" in kinds:
        failure = Failure.TIMEOUT
    else:
        failure = Failure.GONE if "ModelAPIError" in kinds else Failure.MALFORMED
    # the class alone: the message of an error may quote the prompt
    return Outcome(usage=most(request), failure=failure, detail=f"{type(error).__name__} in Pydantic AI.")
