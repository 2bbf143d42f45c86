"""The questions of `osml init`, and what can be chosen for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Offer:
    """One choice: `name` is what a person types, `settings` what it writes into the group of its question."""

    name: str
    sentence: str
    settings: Settings | None


@dataclass(frozen=True)
class SetupQuestion:
    """`group` is the group of settings that the answer fills; the first offer is the default."""

    group: str
    sentence: str
    offers: tuple[Offer, ...]

    @property
    def option(self) -> str:
        """The option of `osml init` that answers it."""
        return "--sign-in" if self.group == "assistant" else f"--{self.group}"

    def offer(self, name: str) -> Offer:
        """The offer of that name. Raises KeyError."""
        return {offer.name: offer for offer in self.offers}[name]


SEARCH = SetupQuestion(
    "search",
    "Where are documents stored and searched?",
    (
        Offer("serverless", "A serverless collection; it scales to zero when idle.", {"kind": "serverless"}),
        Offer(
            "domain",
            "A domain with one small node, for trials.",
            {
                "kind": "domain",
                "data_nodes": {"instance_type": "r7g.medium.search", "count": 1},
                "volume": {"size": 20},
                "removal": "destroy",
            },
        ),
        Offer(
            "production",
            "A domain in three zones with dedicated masters; it survives the loss of a zone.",
            {
                "kind": "domain",
                "data_nodes": {"instance_type": "r7g.large.search", "count": 3},
                "dedicated_masters": {"instance_type": "m7g.large.search", "count": 3},
                "volume": {"size": 100},
                "availability_zones": 3,
                "removal": "retain",
            },
        ),
    ),
)
EMBEDDING = SetupQuestion(
    "embedding",
    "Which model makes the vectors?",
    (
        Offer("titan", "Amazon Titan on Bedrock; billed by the token.", {"provider": "titan", "dimension": 1024}),
        Offer("cohere", "Cohere on Bedrock; billed by the token.", {"provider": "cohere", "dimension": 1024}),
        Offer(
            "sagemaker",
            "all-MiniLM-L6-v2 on your own SageMaker endpoint; billed by the hour.",
            {"provider": "sagemaker", "instance_type": "ml.c6i.large", "dimension": 384},
        ),
        Offer(
            "openai",
            "OpenAI's embeddings API, with your key.",
            {"provider": "openai", "dimension": 1536, "secret": {"name": "osml/{name}/openai", "key": "api_key"}},
        ),
    ),
)
ANSWER = SetupQuestion(
    "answer",
    "Which model answers?",
    (
        Offer("nova", "Amazon Nova on Bedrock.", {"provider": "bedrock-converse", "model": "us.amazon.nova-lite-v1:0"}),
        Offer(
            "deepseek",
            "DeepSeek's chat API, with your key.",
            {"provider": "deepseek", "secret": {"name": "osml/{name}/deepseek", "key": "api_key"}},
        ),
        Offer(
            "openai",
            "OpenAI's chat API or a compatible one, with your key.",
            {
                "provider": "openai",
                "endpoint": "api.openai.com",
                "model": "gpt-5.6-terra",
                "token_limit": "max_completion_tokens",
                "secret": {"name": "osml/{name}/openai", "key": "api_key"},
            },
        ),
        Offer("deepseek-r1", "DeepSeek-R1 on Bedrock.", {"provider": "bedrock"}),
        Offer(
            "sagemaker",
            "A distilled DeepSeek-R1 on your own SageMaker endpoint; billed by the hour.",
            {"provider": "sagemaker"},
        ),
        Offer("none", "None: search finds passages, but no model answers.", None),
    ),
)
SIGN_IN = SetupQuestion(
    "assistant",
    "Who uses the API and the page?",
    (
        Offer("people", "People with their own accounts, who sign in on the page.", {"sign_in": "cognito"}),
        Offer("programs", "Roles and users of the AWS account; there is no page.", {"sign_in": "iam", "page": False}),
        Offer("key", "Everybody who has the API key.", {"sign_in": "api-key"}),
        Offer("nobody", "Nobody: only the command line and the engine are used.", None),
    ),
)
QUESTIONS: tuple[SetupQuestion, ...] = (SEARCH, EMBEDDING, ANSWER, SIGN_IN)
