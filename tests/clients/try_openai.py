"""The client of OpenAI's API, against the assistant."""

import os
import ssl

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.clients.target import Target

# No other test asks this question, so the cache has no answer to it.
QUESTION: ChatCompletionMessageParam = {
    "role": "user",
    "content": "How many people lived in the metro area of Miami in 2023?",
}


@pytest.fixture
def client(target: Target) -> openai.OpenAI:
    # API Gateway reads the key from its own header; the header that the client sets is ignored.
    return openai.OpenAI(
        base_url=f"{target.api}/v1",
        api_key="unused",
        default_headers={"x-api-key": target.api_key},
        http_client=openai.DefaultHttpxClient(verify=ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])),
        max_retries=0,
    )


def test_it_lists_the_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["osml"]


def test_it_gets_an_answer_with_citations(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(model="osml", messages=[QUESTION])
    [choice] = said.choices
    assert choice.finish_reason == "stop"
    assert choice.message.content
    assert said.model_extra is not None
    used = {source["document"] for source in said.model_extra["osml"]["sources"] if source["used"]}
    assert used
    annotations = choice.message.annotations or []
    assert len(annotations) == len(used)
    assert all(annotation.url_citation.url.startswith("https://") for annotation in annotations)
    assert said.usage is not None
    assert 0 < said.usage.completion_tokens < said.usage.prompt_tokens


def test_it_reads_a_stream(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="osml", messages=[QUESTION]).choices[0].message.content
    chunks = [
        chunk.choices[0] for chunk in client.chat.completions.create(model="osml", messages=[QUESTION], stream=True)
    ]
    assert "".join(choice.delta.content or "" for choice in chunks).strip() == whole
    assert chunks[-1].delta.model_extra is not None
    assert chunks[-1].delta.model_extra["annotations"]
    assert chunks[-1].finish_reason == "stop"


def test_an_error_is_one_of_its_own(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="There is no model with this name"):
        client.chat.completions.create(model="gpt-4", messages=[QUESTION])
    with pytest.raises(openai.BadRequestError, match="The last message is not the user's"):
        client.chat.completions.create(model="osml", messages=[{"role": "assistant", "content": "Yes."}])
