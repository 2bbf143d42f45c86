"""AssistantStack: the API that answers, and the page in front of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from opensearch_ml.assistant.api_access import SignIn, TokenFunction
from opensearch_ml.assistant.api_name import ApiName
from opensearch_ml.assistant.assistant_api import AssistantApi
from opensearch_ml.assistant.assistant_function import AssistantFunction
from opensearch_ml.assistant.assistant_page import AssistantPage
from opensearch_ml.assistant.firewall import Firewall
from opensearch_ml.assistant.quota_table import QuotaTable
from opensearch_ml.assistant.sign_in_pool import SignInPool
from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.resources.feedback_index import FeedbackIndex
from settings import Environment
from settings.agents import Agents
from settings.assistant import Assistant
from settings.outputs import AssistantOutputs
from settings.runtime_settings import VARIABLE
from stacks.assistant_alarms import assistant_alarms
from stacks.assistant_grants import AssistantGrants
from stacks.assistant_page import page_settings, session_variables
from stacks.assistant_settings import runtime_settings
from stacks.assistant_sign_in import sign_in_pool
from stacks.assistant_stores import AssistantStores
from stacks.environment_stack import EnvironmentStack
from stacks.inference import InferenceStack
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack


class AssistantStack(EnvironmentStack):
    """The functions, the REST API in front of them, its sign-in, and the store of conversations.

    With `knowledge` the engine embeds, and it answers if answers do not stream. On a collection `knowledge` is None,
    and the functions do both.
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
        self._search = search
        # If the engine's pipeline answers, it reads conversations from the engine's memory.
        memory = bool(knowledge and environment.answer and not environment.streams)
        stores = AssistantStores(self, environment, assistant, search, in_engine=bool(knowledge), memory=memory)
        self._keys = self._named_keys()
        grants = AssistantGrants(
            self,
            environment,
            assistant,
            search=search,
            inference=inference,
            stores=stores,
            embeds=knowledge is None,
        )
        settings = runtime_settings(
            environment,
            assistant,
            self.region,
            search=search,
            inference=inference,
            knowledge=knowledge,
            stores=stores,
            keys=self._keys,
        )
        variables = {VARIABLE: self.to_json_string(settings)}
        if assistant.origins:
            variables["ORIGINS"] = " ".join(assistant.origins)
        waits = environment.timeouts.waits["api"]
        ask = self._function("ask", variables, Duration.seconds(waits))
        documents = self._function("documents", variables, stores.uploads.seconds)
        stores.uploads.work(documents)
        grants.to_ask(ask, "ask")
        grants.to_keep_documents(documents)
        pool = sign_in_pool(self, environment, assistant) if assistant.sign_in == "cognito" else None
        api = self._api(pool)
        api.answer(ask.function, seconds=waits)
        api.keep_documents(documents.function)
        client = self._page(api, pool) if assistant.page else None
        own = self._own_name(api)
        base = own.url if own else api.url
        agents_client = None
        if assistant.agents:
            agents_client = self._offer_tools(assistant.agents, api, pool, base, variables, grants)
        self._guard(api)
        if search.collection:
            grants.to_operators(ask, documents)
        self.write_specifications()
        assistant_alarms(self, environment, api.metric_server_errors())
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
                feedback_index=stores.feedback.name if isinstance(stores.feedback, FeedbackIndex) else None,
                **self._unusual_outputs(stores.quota),
            )
        )

    def _unusual_outputs(self, quota: QuotaTable | None) -> dict[str, Any]:
        """The outputs of an assistant with named API keys, or with a quota."""
        keys = {"api_keys": {name: key.key_id for name, key in self._keys.items()}} if self._keys else {}
        return {**keys, **({"quota_table": quota.name} if quota else {})}

    def _named_keys(self) -> dict[str, apigateway.ApiKey]:
        """An API key for each name in the settings, which gives the key a role and groups."""
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
            network=None if part in ("session", "authorize") else self._search.network,
            concurrency=self._assistant.concurrency if part == "ask" else None,
        )

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
        """Create the page, and return the id of the client in `pool` with which it signs people in, if any."""
        client = pool.add_client(api.page_url, self._assistant.page_addresses) if pool else None
        if client:
            api.admit(client)
        # A request to a private API may not contain the host name that the browser uses.
        private = [api.page_url] if self._assistant.vpc_endpoints else []
        addresses = [*self._assistant.page_addresses, *private]
        page = AssistantPage(
            self,
            "Page",
            settings=page_settings(self._environment, self._assistant, pool, client),
            log_retention=RETENTION[self._environment.search.log_retention],
        )
        session = self._function("session", session_variables(self._assistant, pool, client, addresses))
        api.show_page(page, session.function)
        return client

    def _offer_tools(
        self,
        agents: Agents,
        api: AssistantApi,
        pool: SignInPool | None,
        base: str,
        variables: Mapping[str, str],
        grants: AssistantGrants,
    ) -> str | None:
        """Offer the tools, and return the id of the client in `pool` with which agents sign people in, if any."""
        signed_in = pool.add_agents(f"{base}/mcp", agents.callbacks) if pool else None
        own = {"TOOLS": " ".join(agents.tools)}
        if pool and signed_in:
            own |= {"API_URL": base, "SIGN_IN_URL": pool.address, "SCOPE": signed_in[1]}
        tools = self._function("tools", {**variables, **own})
        grants.to_ask(tools, "tools")
        api.offer_tools(tools.function, signed_in[1] if signed_in else None)
        return signed_in[0] if signed_in else None
