"""What an environment says about its assistant: the API, and the page that people open."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from osml.environment.embedding import CohereEmbedding, Embedding
from osml.environment.part import EnvironmentPart
from osml.environment.search import Search
from osml.environment.serverless import Serverless

# A REST API streams for 15 minutes at most, and a function runs no longer.
LONGEST_CALL = 900
# Bedrock refuses a longer text for Cohere.
COHERE_CHARACTERS = 2048
# Amazon takes no sign-in domain with one of these words in its name.
RESERVED = re.compile(r"aws|amazon|cognito")
Origin = Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+(:\d{1,5})?$")]


class Throttle(EnvironmentPart):
    """`rate` requests a second, and `burst` at once; more are answered with 429."""

    rate: int = Field(default=20, ge=1, le=10_000)
    burst: int = Field(default=40, ge=1, le=5_000)


class Assistant(EnvironmentPart):
    """A REST API over the knowledge, and with `page` a page at `/<environment>/rag`.

    `sign_in` is who may ask: users of a Cognito pool that is made here, IAM identities of the account, or holders of
    an API key. `top_k` passages go to the model, unless none has `min_score`, which is answered without a model. At
    most `concurrency` questions are answered at once, as far as the account goes unless set; one more is told to come
    again. `body_limit` is in bytes. Documents are split into passages of `passage_characters` at most. `origins` are
    other pages that may call the API from a browser. `conversation_days` is how long a conversation on a collection
    is kept after its last turn; a domain keeps them in its own memory.
    API Gateway has one role for the access logs of all APIs of an account and region: with `log_role: create` it is
    made here and set for the account, with `exist` somebody has done so.
    """

    sign_in: Literal["cognito", "iam", "api-key"] = "cognito"
    page: bool = True
    top_k: int = Field(default=4, ge=1, le=50)
    min_score: float = Field(default=0.6, ge=0)
    throttle: Throttle = Throttle()
    concurrency: int | None = Field(default=None, ge=1, le=10_000)
    body_limit: int = Field(default=1_000_000, ge=10_000, le=6_000_000)
    passage_characters: int = Field(default=1000, ge=100, le=8000)
    origins: list[Origin] = Field(default_factory=list, examples=["https://help.example.com"])
    conversation_days: int = Field(default=30, ge=1, le=3650)
    log_role: Literal["create", "exist"] = "create"

    @model_validator(mode="after")
    def _page_can_sign_in(self) -> Assistant:
        if self.page and self.sign_in == "iam":
            raise ValueError(
                "page is true, but sign_in is 'iam', and a browser has no IAM identity to sign requests with; "
                "set page to false, or sign_in to cognito"
            )
        return self


def assistant_fault(
    assistant: Assistant, *, name: str, search: Search, embedding: Embedding, seconds: int
) -> str | None:
    """What does not fit between the assistant and its environment, as a sentence; None when all does.

    `name` is the environment's, `seconds` what a request may take (`timeouts.waits["api"]`).
    """
    reserved = RESERVED.search(name)
    if assistant.sign_in == "cognito" and reserved:
        return (
            f"the environment is called {name!r}, but Amazon takes no sign-in domain with {reserved[0]!r} in its name; "
            "name its file otherwise, or set assistant.sign_in to api-key"
        )
    if seconds > LONGEST_CALL:
        return (
            f"timeouts.api is {seconds}, but API Gateway ends an answer after {LONGEST_CALL} seconds; "
            f"set timeouts.api to {LONGEST_CALL} or less, and timeouts.answer to {LONGEST_CALL - 10} or less"
        )
    if "conversation_days" in assistant.model_fields_set and not isinstance(search, Serverless):
        return (
            "assistant.conversation_days is set, but a domain keeps conversations in its own memory, without an end; "
            "leave it out"
        )
    characters = assistant.passage_characters
    if isinstance(embedding, CohereEmbedding) and characters > COHERE_CHARACTERS:
        return (
            f"assistant.passage_characters is {characters}, but Cohere takes texts of {COHERE_CHARACTERS} characters "
            f"at most; set {COHERE_CHARACTERS} or less"
        )
    return None
