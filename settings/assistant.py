"""The settings of the assistant: the API and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from settings import Group, answer
from settings.access import Access
from settings.agents import Agents
from settings.answer import AnswerModel
from settings.answer_cache import AnswerCacheSettings
from settings.chunk_length import PASSAGE_CHARACTERS
from settings.feedback import Feedback
from settings.firewall import FirewallSettings
from settings.guardrails import BedrockGuardrail, Guardrails
from settings.model_settings import any_of
from settings.originals import OriginalsSettings
from settings.own_name import AssistantName
from settings.quota import Quota
from settings.second_factor import SecondFactor
from settings.sharing import Sharing
from settings.sign_in_provider import GROUP_ATTRIBUTE, ProviderName, SignInProvider
from settings.token_issuer import TokenIssuer
from settings.web_address import Origin

VpcEndpointId = Annotated[str, Field(pattern=r"^vpce-[0-9a-f]{8,17}$")]
PageAddress = Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/rag$")]
# The name by which readers choose a model.
ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$")]
MOST_MODELS = 5

if TYPE_CHECKING:
    Answer: TypeAlias = AnswerModel
else:
    Answer = any_of(answer)


class Throttle(Group):
    """`rate` requests per second and `burst` at once; further requests get a 429."""

    rate: int = Field(default=20, ge=1, le=10_000)
    burst: int = Field(default=40, ge=1, le=5_000)


class Assistant(Group):
    """A REST API for questions and documents and, with `page`, a page at `/<environment>/rag`.

    `sign_in` determines who may ask: users of a new Cognito pool, IAM identities of the account, holders of an API key,
    or, with `jwt`, holders of a token of an `issuer`. `top_k` passages go to the model; if none has `min_score`
    (default: the embedding model's, 0.6), no model is called. At most `concurrency` questions are answered at once
    (default: the account's limit); further ones get a 503. `throttle` limits the requests of all callers together.
    `body_limit` is in bytes: a body reaches a function in base64, a third longer, and a function takes 6 MB. Documents
    are split into passages of at most `passage_characters`. `origins` are other origins whose pages may call the API
    from a browser. `conversation_days` is the number of days for which a conversation on a collection is stored after
    its last turn; a domain stores conversations itself.

    `streaming` determines who calls the answer model of a domain or a cluster: the function, which gets the answer
    piece by piece, or the search pipeline, whose answer comes in one piece (default: the function, if it can certainly
    reach the model).

    `access` decides who asks, loads and removes, and who is in which group. `providers` are your company's identity
    providers for the pool, by OpenID Connect or SAML.

    `second_factor` is an authenticator app for users of the pool: with `required` everybody sets one up at the first
    sign-in, and with `optional` people can set one up on the page. `addresses` are further addresses of the page,
    behind your own domain: users return there after the sign-in, and the invitation mail has the first of them.
    `domain` serves the API and the page at your own host name, and `firewall` puts AWS WAF in front of both. With
    `vpc_endpoints`, which are interface endpoints of `execute-api`, both are reached only through them. `guardrails`
    check questions and answers, and `quota` limits what each caller may ask. `agents` offers the documents to agents,
    as tools. With `feedback` people rate answers. With `cache` answers are reused without calling the model. With
    `originals` the files that people upload are kept, and can be opened from the page. `models` are further answer
    models, with the same settings as `answer`; readers choose them by these names, and `answer` is the default. With
    `prompts` owners can change the prompt without a deploy. With `sharing` people can share conversations by a link.

    API Gateway has one role for the access logs of all APIs of an account and region. With `log_role: exist` it belongs
    to no environment: `osml deploy` sets one if none is set. With `create` this environment creates one, which replaces
    the one that is set and outlives the environment.
    """

    sign_in: Literal["cognito", "iam", "api-key", "jwt"] = "cognito"
    issuer: TokenIssuer | None = None
    page: bool = True
    access: Access = Access()
    providers: dict[ProviderName, SignInProvider] = Field(
        default_factory=dict,
        max_length=20,
        examples=[{"Company": {"metadata_url": "https://login.example.com/metadata.xml"}}],
    )
    second_factor: SecondFactor = "off"
    addresses: list[PageAddress] = Field(default_factory=list, max_length=50, examples=["https://help.example.com/rag"])
    domain: AssistantName | None = None
    vpc_endpoints: list[VpcEndpointId] = Field(
        default_factory=list, max_length=10, examples=[["vpce-0a1b2c3d4e5f60718"]]
    )
    firewall: FirewallSettings | None = None
    guardrails: Guardrails | None = None
    agents: Agents | None = None
    quota: Quota | None = None
    feedback: Feedback | None = None
    cache: AnswerCacheSettings | None = None
    originals: OriginalsSettings | None = None
    models: dict[ModelName, Answer] = Field(
        default_factory=dict,
        max_length=MOST_MODELS,
        examples=[{"thorough": {"provider": "bedrock-converse", "model": "us.amazon.nova-pro-v1:0"}}],
    )
    prompts: bool = False
    sharing: Sharing | None = None
    top_k: int = Field(default=4, ge=1, le=50)
    min_score: float | None = Field(default=None, ge=0)
    throttle: Throttle = Throttle()
    concurrency: int | None = Field(default=None, ge=1, le=10_000)
    body_limit: int = Field(default=4_400_000, ge=10_000, le=4_400_000)
    passage_characters: int = Field(default=PASSAGE_CHARACTERS, ge=100, le=8000)
    origins: list[Origin] = Field(default_factory=list, examples=["https://help.example.com"])
    streaming: bool | None = None
    conversation_days: int = Field(default=30, ge=1, le=3650)
    log_role: Literal["create", "exist"] = "exist"

    @property
    def bedrock_guardrail(self) -> BedrockGuardrail | None:
        """The guardrail of Bedrock that the function `ask` calls."""
        return self.guardrails.bedrock if self.guardrails else None

    @property
    def group_attribute(self) -> str | None:
        """The attribute with the groups of other providers; None if none of them supplies groups."""
        return GROUP_ATTRIBUTE if any(provider.groups for provider in self.providers.values()) else None

    @property
    def page_addresses(self) -> list[str]:
        """The addresses of the page without API Gateway's own; the first is the one in the invitation mail."""
        own = [f"https://{self.domain.name}/rag"] if self.domain else []
        return [*self.addresses, *(address for address in own if address not in self.addresses)]

    @model_validator(mode="after")
    def _page_can_sign_in(self) -> Assistant:
        if self.page and self.sign_in == "jwt":
            raise ValueError(
                "page is true, but sign_in is 'jwt', and the page cannot sign in at another issuer; set page to "
                "false, or sign_in to cognito with the issuer among providers"
            )
        if (self.sign_in == "jwt") != (self.issuer is not None):
            raise ValueError("sign_in 'jwt' and issuer belong together; set both, or leave both out")
        if self.page and self.sign_in == "iam":
            raise ValueError(
                "page is true, but sign_in is 'iam', and a browser has no IAM identity that signs requests; set page "
                "to false, or sign_in to cognito"
            )
        return self

    @model_validator(mode="after")
    def _private_or_not(self) -> Assistant:
        public = next((name for name in ("domain", "firewall") if getattr(self, name) is not None), None)
        if self.vpc_endpoints and public:
            raise ValueError(
                f"vpc_endpoints makes the API private, and {public} is for a public one; leave one of them out"
            )
        if self.vpc_endpoints and self.sign_in == "iam":
            raise ValueError(
                "vpc_endpoints is set and sign_in is 'iam': the policy that admits the endpoints would also admit "
                "every identity of the account, without checking its own policies; set sign_in to cognito or api-key"
            )
        return self

    @model_validator(mode="after")
    def _names_fit(self) -> Assistant:
        fault = next(self.access.faults(self.sign_in), None)
        if fault:
            raise ValueError(f"access: {fault}")
        return self

    @model_validator(mode="after")
    def _agents_can_sign_in(self) -> Assistant:
        fault = self.agents.fault(self.sign_in) if self.agents else None
        if fault:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _signs_in_by_a_pool(self) -> Assistant:
        factor = ["second_factor"] if self.second_factor != "off" else []
        set_alone = [*factor, *(name for name in ("addresses", "providers") if getattr(self, name))]
        if set_alone and self.sign_in != "cognito":
            raise ValueError(
                f"{set_alone[0]} is for people who sign in at a user pool, but sign_in is {self.sign_in!r}; "
                f"set sign_in to cognito, or leave {set_alone[0]} out"
            )
        return self

    @model_validator(mode="after")
    def _factor_is_set_up(self) -> Assistant:
        if self.second_factor == "optional" and not self.page:
            raise ValueError(
                "second_factor is 'optional', but page is false, and people set it up on the page; set it to required"
            )
        if self.second_factor == "optional" and self.group_attribute:
            raise ValueError(
                "second_factor is 'optional', but a provider supplies groups: the token with which people set up a "
                "factor would also let them write their own groups; set it to required, or map groups in the pool"
            )
        return self


def passage_characters(assistant: Assistant | None) -> int:
    """The maximum characters of a chunk, which are the same for all ways to load documents."""
    return assistant.passage_characters if assistant else PASSAGE_CHARACTERS
