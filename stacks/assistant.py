"""AssistantStack: the API that answers, and the page in front of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from aws_cdk import Aws, Duration, SecretValue
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.assistant.api_name import ApiName
from opensearch_ml.assistant.assistant_api import AssistantApi, SignIn, TokenFunction
from opensearch_ml.assistant.assistant_function import AssistantFunction
from opensearch_ml.assistant.conversation_table import CALLERS, ConversationTable
from opensearch_ml.assistant.feedback_table import FeedbackTable
from opensearch_ml.assistant.firewall import Firewall
from opensearch_ml.assistant.quota_table import QuotaTable
from opensearch_ml.assistant.sign_in_pool import SignInPool
from opensearch_ml.assistant.upload_jobs import UploadJobs
from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.resources.conversation_index import CONVERSATIONS, ConversationIndex
from opensearch_ml.resources.feedback_index import FEEDBACK, FeedbackIndex
from settings import Environment
from settings.agents import Agents
from settings.answer import AnswerModel
from settings.assistant import Assistant
from settings.knowledge import IndexNames, Prompt
from settings.outputs import AssistantOutputs
from settings.retrieval import Retrieval
from settings.runtime_settings import (
    OPERATORS,
    VARIABLE,
    EngineEmbedding,
    FeedbackSettings,
    Limits,
    Login,
    Memory,
    PipelineAnswer,
    RuntimeQuota,
    RuntimeSettings,
    RuntimeTimeouts,
    Table,
    ToldAccess,
)
from settings.runtime_settings import ConversationIndexSettings as IndexOfConversations
from settings.runtime_settings import RuntimeSearch as Searched
from stacks.assistant_access import GUESSED, grant_search
from stacks.environment_stack import EnvironmentStack
from stacks.inference import InferenceStack
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack

# Lambda takes 4 KiB of variables; names, tokens that become longer and the other variables are the rest.
MOST_CHARACTERS = 3072


class AssistantStack(EnvironmentStack):
    """The functions, the REST API before them, its sign-in, and conversations where the engine keeps none.

    `knowledge` is where the engine embeds, and answers where answers do not stream; on a collection there is none, and
    the functions do both.
    """

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        assistant: Assistant,
        *,
        search: SearchStack,
        inference: InferenceStack,
        knowledge: KnowledgeStack | None,
    ) -> None:
        super().__init__(scope, environment, "assistant", "API and page that answer from the index")
        self._environment, self._assistant = environment, assistant
        self._search, self._inference, self._knowledge = search, inference, knowledge
        # Where the engine's pipeline answers, it reads conversations from the engine's memory.
        self._memory = bool(knowledge and environment.answer and not environment.streams)
        self._table = None if knowledge else ConversationTable(self, "Conversations", removal_policy=self.removal)
        self._quota = QuotaTable(self, "Quota") if assistant.quota else None
        self._keys = self._named_keys()
        self._kept = self._conversation_index() if knowledge and not self._memory else None
        self._judged = self._feedback_store() if assistant.feedback else None
        self._jobs = UploadJobs(self, "Uploads", removal_policy=self.removal)
        variables = {VARIABLE: self._runtime_settings()}
        if assistant.origins:
            variables["ORIGINS"] = " ".join(assistant.origins)
        waits = environment.timeouts.waits["api"]
        ask = self._function("ask", variables, Duration.seconds(waits))
        documents = self._function("documents", variables, self._jobs.seconds)
        self._jobs.work(documents)
        self._allow(ask, documents)
        pool = self._pool() if assistant.sign_in == "cognito" else None
        api = self._api(pool)
        api.answer(ask.function, seconds=waits)
        api.keep_documents(documents.function)
        client = self._page(api, pool) if assistant.page else None
        own = self._own_name(api)
        base = own.url if own else api.url
        agents_client = self._offer_tools(assistant.agents, api, pool, base, variables) if assistant.agents else None
        self._guard(api)
        if search.collection:
            self._let_operators_in(ask, documents)
        self.write_specifications()
        cloudwatch.Alarm(
            self,
            "ServerErrors",
            metric=api.metric_server_errors(),
            threshold=5,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"The assistant of {environment.name} failed five times in five minutes",
        )
        self.outputs(
            AssistantOutputs(
                url=base,
                ask_function=ask.function.function_name,
                documents_function=documents.function.function_name,
                page_url=(f"{own.url}/rag" if own else api.page_url) if assistant.page else None,
                name_target=own.target if own else None,
                user_pool_id=pool.id if pool else None,
                user_pool_client_id=client,
                agents_url=f"{base}/mcp" if assistant.agents else None,
                agents_client_id=agents_client,
                api_key_id=api.key_id,
                feedback_index=self._judged.name if isinstance(self._judged, FeedbackIndex) else None,
                **self._unusual_outputs(),
            )
        )

    def _unusual_outputs(self) -> dict[str, Any]:
        """Those of an assistant with keys of its own, or with a quota."""
        keys = {"api_keys": {name: key.key_id for name, key in self._keys.items()}} if self._keys else {}
        return {**keys, **({"quota_table": self._quota.name} if self._quota else {})}

    def _named_keys(self) -> dict[str, apigateway.ApiKey]:
        """An API key for each name in the settings, so that a key has a role and groups."""
        assistant = self._assistant
        names = assistant.access.names if assistant.sign_in == "api-key" else []
        return {
            name: apigateway.ApiKey(self, f"Key-{name}", description=f"Asks {self._environment.prefix} as {name}")
            for name in names
        }

    def _function(self, part: str, variables: Mapping[str, str], timeout: Duration | None = None) -> AssistantFunction:
        return AssistantFunction(
            self,
            part.title(),
            part=part,
            variables=variables,
            timeout=timeout,
            log_retention=RETENTION[self._environment.search.log_retention],
            removal_policy=self.removal,
            network=None if part in ("page", "authorize") else self._search.network,
            concurrency=self._assistant.concurrency if part == "ask" else None,
        )

    def _runtime_settings(self) -> str:
        """The settings of the functions, as the JSON that they read."""
        environment, assistant, engine = self._environment, self._assistant, self._search.engine
        index, timeouts = environment.index, environment.timeouts
        login = Login(secretArn=engine.login.arn, **engine.login.keys) if engine.login else None
        unusual: dict[str, Any] = {"matches": environment.matches} if environment.matches else {}
        if assistant.guardrails:
            unusual["guardrails"] = assistant.guardrails
        if assistant.quota and self._quota:
            unusual["quota"] = RuntimeQuota(table=self._quota.name, **assistant.quota.model_dump(exclude_none=True))
        unusual_limits: dict[str, Any] = {"passage_overlap": index.overlap} if index.overlap else {}
        if index.mask:
            unusual_limits["mask"] = index.mask
        if assistant.feedback and self._judged:
            kind: Literal["index", "table"] = "table" if isinstance(self._judged, FeedbackTable) else "index"
            feedback = assistant.feedback
            unusual["feedback"] = FeedbackSettings(
                keep=feedback.keep, days=feedback.days, kind=kind, name=self._judged.name
            )
        access = assistant.access.model_dump(exclude_defaults=True)
        if self._keys:
            access["keys"] = [(key.key_id, name) for name, key in self._keys.items()]
        if assistant.group_attribute:
            access["group_attribute"] = assistant.group_attribute
        if access:
            unusual["access"] = ToldAccess.model_validate(access)
        if environment.retrieval != Retrieval():
            unusual["retrieval"] = environment.retrieval
        settings_of_functions = RuntimeSettings(
            environment=environment.name,
            search=Searched(endpoint=engine.endpoint, region=self.region, service=engine.service, login=login),
            index=IndexNames(name=index.name, text_field=index.text_field, embedding_field=index.embedding_field),
            top_k=assistant.top_k,
            min_score=environment.min_score,
            **unusual,
            prompt=Prompt(system=environment.prompt.system, instructions=environment.prompt.instructions),
            embedding=EngineEmbedding() if self._knowledge else environment.embedding.for_runtime(environment),
            answer=self._answer(),
            conversations=self._conversations(),
            limits=Limits(
                body_bytes=assistant.body_limit,
                passage_characters=assistant.passage_characters,
                passage_tokens=environment.embedding.chunk_tokens,
                **unusual_limits,
            ),
            uploads=self._jobs.bucket.bucket_name,
            timeouts=RuntimeTimeouts(
                connection=timeouts.connection,
                embedding=timeouts.embedding,
                answer=timeouts.answer,
                rag=timeouts.waits["rag"],
            ),
        )
        settings = settings_of_functions.model_dump(mode="json", exclude_unset=True)
        length = len(json.dumps(settings, ensure_ascii=False).encode())
        if length > MOST_CHARACTERS:
            raise ValueError(
                f"prompt.system, prompt.instructions and assistant.access make the settings of the functions {length} "
                f"bytes long, but Lambda takes {MOST_CHARACTERS} besides names; shorten them by "
                f"{length - MOST_CHARACTERS}."
            )
        return self.to_json_string(settings)

    def _conversation_index(self) -> ConversationIndex:
        index = self._environment.index
        return ConversationIndex(
            self,
            "Conversations",
            target=self._search.target(self.region, ()),
            name=CONVERSATIONS.format(index=index.name),
            replicas=index.replicas,
            removal_policy=self.removal,
        )

    def _feedback_store(self) -> FeedbackIndex | FeedbackTable:
        if not self._knowledge:
            return FeedbackTable(self, "Feedback", removal_policy=self.removal)
        index = self._environment.index
        return FeedbackIndex(
            self,
            "Feedback",
            target=self._search.target(self.region, ()),
            name=FEEDBACK.format(index=index.name),
            replicas=index.replicas,
            removal_policy=self.removal,
        )

    def _conversations(self) -> Memory | IndexOfConversations | Table:
        if self._table:
            days = self._assistant.conversation_days
            return Table(kind="table", table=self._table.name, callers=CALLERS, days=days)
        if self._kept:
            return IndexOfConversations(kind="index", name=self._kept.name)
        return Memory(kind="memory")

    def _answer(self) -> PipelineAnswer | AnswerModel | None:
        settings, provider = self._environment.answer, self._inference.answer
        if settings is None or provider is None:
            return None
        if self._environment.streams or not self._knowledge:
            return settings.for_runtime(self._environment)
        return PipelineAnswer(
            search_pipeline=str(self._knowledge.search_pipeline),
            llm_model=str(provider.llm_model),
            llm_response_field=provider.llm_response_field,
            model=settings.shown,
        )

    def _allow(self, ask: AssistantFunction, documents: AssistantFunction) -> None:
        self._allow_asking(ask, "ask")
        target = self._search.target(self.region, ())
        if self._quota:
            documents.allow(self._quota.reading)
        grant_search(self, self._environment, self._search, target, documents, "documents", self._memory)
        if self._table:
            documents.allow(*self._table.history)
        if isinstance(self._judged, FeedbackTable):
            documents.allow(self._judged.access)
        if not self._knowledge:
            documents.allow(*self._inference.embedding.caller_statements(), wildcards=GUESSED)

    def _allow_asking(self, function: AssistantFunction, part: str) -> None:
        """What it takes to search, to let the model answer, and to store the turn; `part` names its engine role."""
        target = self._search.target(self.region, ())
        grant_search(self, self._environment, self._search, target, function, part, self._memory)
        answer = self._inference.answer
        if answer and self._environment.streams:
            function.allow(*answer.caller_statements(streamed=True), wildcards=GUESSED)
        self._allow_guardrail(function)
        if self._quota:
            function.allow(self._quota.counting)
            # Tokens are read before a question, and counted after it.
            if self._assistant.quota and self._assistant.quota.tokens_per_month:
                function.allow(self._quota.reading)
        if not self._knowledge:
            function.allow(*self._inference.embedding.caller_statements(), wildcards=GUESSED)
        if self._table:
            function.allow(self._table.access)
        feedback = self._assistant.feedback
        if isinstance(self._judged, FeedbackTable) and feedback and feedback.keep == "texts":
            function.allow(self._judged.addition)

    def _allow_guardrail(self, ask: AssistantFunction) -> None:
        chosen = self._assistant.bedrock_guardrail
        if chosen is None:
            return
        arn = chosen.id
        if not arn.startswith("arn:"):
            region = chosen.region or self.region
            arn = self.format_arn(service="bedrock", region=region, resource="guardrail", resource_name=chosen.id)
        ask.allow(iam.PolicyStatement(actions=["bedrock:ApplyGuardrail"], resources=[arn]))

    def _pool(self) -> SignInPool:
        prefix = f"{self._environment.prefix}-{Aws.ACCOUNT_ID}"
        pool = SignInPool(
            self,
            "People",
            domain_prefix=prefix,
            second_factor=self._assistant.second_factor,
            group_attribute=self._assistant.group_attribute,
            removal_policy=self.removal,
        )
        for name, provider in self._assistant.providers.items():
            if provider.metadata_url:
                pool.add_saml(name, provider.metadata_url, email=provider.email, groups=provider.groups)
            elif provider.issuer and provider.client_id and provider.secret:
                secret = SecretValue.secrets_manager(provider.secret.name, json_field=provider.secret.key)
                pool.add_oidc(
                    name,
                    issuer=provider.issuer,
                    client_id=provider.client_id,
                    client_secret=secret,
                    email=provider.email,
                    groups=provider.groups,
                )
        return pool

    def _api(self, pool: SignInPool | None) -> AssistantApi:
        assistant = self._assistant
        issuer = assistant.issuer
        sign_in: SignIn = pool or ("iam" if assistant.sign_in == "iam" else "api-key")
        if issuer:
            variables = {"ISSUER": issuer.url, "AUDIENCE": issuer.audience, "GROUPS": issuer.groups}
            sign_in = TokenFunction(self._function("authorize", variables).function)
        return AssistantApi(
            self,
            "Api",
            name=f"{self._environment.prefix}-assistant",
            stage=self._environment.name,
            sign_in=sign_in,
            keys=[*self._keys.values()],
            rate=assistant.throttle.rate,
            burst=assistant.throttle.burst,
            origins=assistant.origins,
            vpc_endpoints=assistant.vpc_endpoints,
            log_retention=RETENTION[self._environment.search.log_retention],
            log_role=assistant.log_role == "create",
            removal_policy=self.removal,
        )

    def _own_name(self, api: AssistantApi) -> ApiName | None:
        name = self._assistant.domain
        if name is None:
            return None
        return ApiName(
            self,
            "Name",
            api=api.api,
            name=name.name,
            certificate_arn=name.certificate_arn,
            hosted_zone_id=name.hosted_zone,
        )

    def _guard(self, api: AssistantApi) -> None:
        firewall = self._assistant.firewall
        if firewall is None:
            return
        Firewall(
            self,
            "Firewall",
            name=f"{self._environment.prefix}-assistant",
            stage_arn=api.api.deployment_stage.stage_arn,
            rate=firewall.rate,
            managed=firewall.managed,
            networks=firewall.networks,
            countries=firewall.countries,
        )

    def _page(self, api: AssistantApi, pool: SignInPool | None) -> str | None:
        """Make the page, and return the client of the `pool` that it signs people in with."""
        client = pool.add_client(api.page_url, self._assistant.page_addresses) if pool else None
        if client:
            api.admit(client)
        # A request of a private API need not say the name that the browser knows.
        private = [api.page_url] if self._assistant.vpc_endpoints else []
        addresses = [*self._assistant.page_addresses, *private]
        address = pool.address if pool else None
        visible = self._environment.search.visible_seconds
        variables = {
            "ENVIRONMENT": self._environment.name,
            "SIGN_IN": self._assistant.sign_in,
            "AUTHORIZE_URL": f"{address}/oauth2/authorize" if address else "",
            "LOGOUT_URL": f"{address}/logout" if address else "",
            "TOKEN_URL": f"{address}/oauth2/token" if address else "",
            "REVOKE_URL": f"{address}/oauth2/revoke" if address else "",
            "CLIENT_ID": client or "",
            **({"POOL_API": pool.api} if pool and self._assistant.second_factor == "optional" else {}),
            **({"ADDRESSES": " ".join(addresses)} if addresses else {}),
            **({"VISIBLE_SECONDS": str(visible)} if visible else {}),
        }
        api.show_page(self._function("page", variables).function)
        return client

    def _offer_tools(
        self, agents: Agents, api: AssistantApi, pool: SignInPool | None, base: str, variables: Mapping[str, str]
    ) -> str | None:
        """Offer the tools, and return the client of the `pool` that agents sign people in with."""
        signed_in = pool.add_agents(f"{base}/mcp", agents.callbacks) if pool else None
        own = {"TOOLS": " ".join(agents.tools)}
        if pool and signed_in:
            own |= {"API_URL": base, "SIGN_IN_URL": pool.address, "SCOPE": signed_in[1]}
        tools = self._function("tools", {**variables, **own})
        self._allow_asking(tools, "tools")
        api.offer_tools(tools.function, signed_in[1] if signed_in else None)
        return signed_in[0] if signed_in else None

    def _let_operators_in(self, ask: AssistantFunction, documents: AssistantFunction) -> None:
        """A collection has no pipelines: the command line asks and ingests through the functions.

        By its alias a function knows that an operator calls, whatever caller the event names.
        """
        arns = [ask.alias(OPERATORS), documents.alias(OPERATORS)]
        iam.Policy(
            self,
            "OperatorPolicy",
            roles=[self._search.operator.role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=arns)],
        )
