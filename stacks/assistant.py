"""AssistantStack: the API that answers, and the page in front of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.assistant_api import AssistantApi, SignIn
from opensearch_ml.assistant_function import AssistantFunction
from opensearch_ml.conversation_table import ConversationTable
from opensearch_ml.log_retention import RETENTION
from opensearch_ml.sign_in_pool import SignInPool
from osml.environment import Environment
from osml.environment.assistant import Assistant
from stacks.assistant_access import GUESSED, grant_search
from stacks.assistant_models import answer_settings, embedding_settings, model_name, model_statements
from stacks.environment_stack import EnvironmentStack
from stacks.inference import InferenceStack
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack

# Lambda takes 4 KiB of variables; names, tokens that become longer and the other variables are the rest.
MOST_CHARACTERS = 3072


class AssistantStack(EnvironmentStack):
    """Three functions, the REST API before them, its sign-in, and conversations where the engine keeps none.

    `knowledge` is where the engine embeds and answers; on a collection there is none, and the functions do both.
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
        self._table = None if knowledge else ConversationTable(self, "Conversations", removal_policy=self.removal)
        told = {"ASSISTANT": self._told()}
        if assistant.origins:
            told["ORIGINS"] = " ".join(assistant.origins)
        waits = environment.timeouts.waits["api"]
        ask = self._function("ask", told, Duration.seconds(waits))
        documents = self._function("documents", told)
        self._allow(ask, documents)
        pool = self._pool() if assistant.sign_in == "cognito" else None
        api = self._api(pool)
        api.answer(ask.function, seconds=waits)
        api.keep_documents(documents.function)
        if assistant.page:
            api.show_page(self._page(api, pool).function)
        if search.collection:
            self._let_operators_in(ask, documents)
        cloudwatch.Alarm(
            self,
            "ServerErrors",
            metric=api.metric_server_errors(),
            threshold=5,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"The assistant of {environment.name} failed five times in five minutes",
        )
        self.output("ApiUrl", api.url)
        self.output("AskFunctionName", ask.function.function_name)
        self.output("DocumentsFunctionName", documents.function.function_name)
        if api.key_id:
            self.output("ApiKeyId", api.key_id)

    def _function(self, part: str, variables: Mapping[str, str], timeout: Duration | None = None) -> AssistantFunction:
        return AssistantFunction(
            self,
            part.title(),
            part=part,
            variables=variables,
            timeout=timeout,
            log_retention=RETENTION[self._environment.search.log_retention],
            removal_policy=self.removal,
            network=None if part == "page" else self._search.network,
            concurrency=self._assistant.concurrency if part == "ask" else None,
        )

    def _told(self) -> str:
        """The settings of the functions, as the JSON that they read."""
        environment, assistant, engine = self._environment, self._assistant, self._search.engine
        login = {"secretArn": engine.login.arn, **engine.login.keys} if engine.login else None
        table = self._table
        settings = {
            "environment": environment.name,
            "search": {"endpoint": engine.endpoint, "region": self.region, "service": engine.service, "login": login},
            "index": {
                "name": environment.index.name,
                "text_field": environment.index.text_field,
                "embedding_field": environment.index.embedding_field,
            },
            "top_k": assistant.top_k,
            "min_score": assistant.min_score,
            **({"retrieval": asked} if (asked := environment.retrieval.asked) else {}),
            "prompt": {"system": environment.prompt.system, "instructions": environment.prompt.instructions},
            "embedding": self._embedding(),
            "answer": self._answer(),
            "conversations": {"kind": "table", "table": table.name, "days": assistant.conversation_days}
            if table
            else {"kind": "memory"},
            "limits": {"body_bytes": assistant.body_limit, "passage_characters": assistant.passage_characters},
            "timeouts": {
                "connection": environment.timeouts.connection,
                "embedding": environment.timeouts.embedding,
                "answer": environment.timeouts.answer,
                "rag": environment.timeouts.waits["rag"],
            },
        }
        length = len(json.dumps(settings, ensure_ascii=False).encode())
        if length > MOST_CHARACTERS:
            raise ValueError(
                f"prompt.system and prompt.instructions make the settings of the functions {length} bytes long, but "
                f"Lambda takes {MOST_CHARACTERS} besides names; shorten them by {length - MOST_CHARACTERS}."
            )
        return self.to_json_string(settings)

    def _embedding(self) -> dict[str, object]:
        if self._knowledge:
            return {"provider": "model"}
        return embedding_settings(self._environment, self._inference.embedding)

    def _answer(self) -> dict[str, object] | None:
        settings, provider = self._environment.answer, self._inference.answer
        if settings is None or provider is None:
            return None
        if not self._knowledge:
            return answer_settings(self._environment, settings, provider)
        return {
            "provider": "pipeline",
            "search_pipeline": self._knowledge.search_pipeline,
            "llm_model": provider.llm_model,
            "llm_response_field": provider.llm_response_field,
            "model": model_name(settings),
        }

    def _allow(self, ask: AssistantFunction, documents: AssistantFunction) -> None:
        target = self._search.target(self.region, ())
        grant_search(self, self._environment, self._search, target, ask, "ask")
        grant_search(self, self._environment, self._search, target, documents, "documents")
        if self._knowledge:
            return
        embedding, answer = self._inference.embedding, self._inference.answer
        for function in (ask, documents):
            function.allow(*model_statements(embedding), wildcards=GUESSED)
        if answer:
            ask.allow(*model_statements(answer, streamed=True), wildcards=GUESSED)
        if self._table:
            ask.allow(self._table.access)

    def _pool(self) -> SignInPool:
        prefix = f"{self._environment.prefix}-{Aws.ACCOUNT_ID}"
        pool = SignInPool(self, "People", domain_prefix=prefix, removal_policy=self.removal)
        self.output("UserPoolId", pool.id)
        return pool

    def _api(self, pool: SignInPool | None) -> AssistantApi:
        assistant = self._assistant
        sign_in: SignIn = pool or ("iam" if assistant.sign_in == "iam" else "api-key")
        return AssistantApi(
            self,
            "Api",
            name=f"{self._environment.prefix}-assistant",
            stage=self._environment.name,
            sign_in=sign_in,
            rate=assistant.throttle.rate,
            burst=assistant.throttle.burst,
            origins=assistant.origins,
            log_retention=RETENTION[self._environment.search.log_retention],
            log_role=assistant.log_role == "create",
            removal_policy=self.removal,
        )

    def _page(self, api: AssistantApi, pool: SignInPool | None) -> AssistantFunction:
        client = pool.let_in(api.page_url) if pool else ""
        self.output("PageUrl", api.page_url)
        if pool:
            api.admit(client)
            self.output("UserPoolClientId", client)
        address = pool.address if pool else None
        variables = {
            "ENVIRONMENT": self._environment.name,
            "SIGN_IN": self._assistant.sign_in,
            "AUTHORIZE_URL": f"{address}/oauth2/authorize" if address else "",
            "LOGOUT_URL": f"{address}/logout" if address else "",
            "TOKEN_URL": f"{address}/oauth2/token" if address else "",
            "CLIENT_ID": client,
        }
        return self._function("page", variables)

    def _let_operators_in(self, *functions: AssistantFunction) -> None:
        """A collection has no pipelines: the command line asks and ingests through the functions."""
        arns = [one.function.function_arn for one in functions]
        iam.Policy(
            self,
            "OperatorPolicy",
            roles=[self._search.operator.role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=arns)],
        )
