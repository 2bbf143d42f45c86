"""What the functions of the assistant may do, and who may call them without the API."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from opensearch_ml.assistant.assistant_function import AssistantFunction
from opensearch_ml.assistant.feedback_table import FeedbackTable
from settings import Environment
from settings.assistant import Assistant
from settings.runtime_settings import OPERATORS
from stacks.assistant_access import GUESSED, grant_recognition, grant_search
from stacks.assistant_stores import AssistantStores
from stacks.environment_stack import EnvironmentStack
from stacks.inference import InferenceStack
from stacks.search import SearchStack


class AssistantGrants:
    """Grants the permissions; with `embeds` the functions embed texts themselves, because the engine does not."""

    def __init__(
        self,
        stack: EnvironmentStack,
        environment: Environment,
        assistant: Assistant,
        *,
        search: SearchStack,
        inference: InferenceStack,
        stores: AssistantStores,
        embeds: bool,
    ) -> None:
        self._stack, self._environment, self._assistant = stack, environment, assistant
        self._search, self._inference, self._stores, self._embeds = search, inference, stores, embeds

    def to_ask(self, function: AssistantFunction, part: str) -> None:
        """Let `function` search, call the answer model and store the turn; `part` names its role on the engine."""
        stores = self._stores
        self._work_on_the_index(function, part)
        answer = self._inference.answer
        called = [answer, *self._inference.models] if answer and self._environment.streams else []
        for model in called:
            function.allow(*model.caller_statements(streamed=True), wildcards=GUESSED)
        self._use_the_guardrail(function)
        if stores.quota:
            function.allow(stores.quota.counting)
            # The count of tokens is read before a question, and increased after it.
            if self._assistant.quota and self._assistant.quota.tokens_per_month:
                function.allow(stores.quota.reading)
        if stores.cache:
            function.allow(stores.cache.access)
        if stores.prompts:
            function.allow(stores.prompts.reading)
        self._embed(function)
        if stores.table:
            function.allow(stores.table.access)
        feedback = self._assistant.feedback
        if isinstance(stores.feedback, FeedbackTable) and feedback and feedback.keep == "texts":
            function.allow(stores.feedback.addition)

    def to_keep_documents(self, function: AssistantFunction) -> None:
        """Let `function` store documents, list conversations, store feedback, and read what a caller has used."""
        stores = self._stores
        if stores.quota:
            function.allow(stores.quota.reading)
        self._work_on_the_index(function, "documents")
        grant_recognition(self._environment, function)
        if stores.table:
            function.allow(*stores.table.history)
        if isinstance(stores.feedback, FeedbackTable):
            function.allow(stores.feedback.access)
        if stores.prompts:
            function.allow(stores.prompts.reading, stores.prompts.publishing)
        if stores.originals:
            stores.originals.keep_by(function)
        self._embed(function)

    def to_operators(self, *functions: AssistantFunction) -> None:
        """Let operators call the functions through an alias.

        A collection has no pipelines, so the command line asks and ingests through the functions. The alias shows a
        function that an operator calls it, whatever caller the event names.
        """
        arns = [function.alias(OPERATORS) for function in functions]
        iam.Policy(
            self._stack,
            "OperatorPolicy",
            roles=[self._search.operator.role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=arns)],
        )

    def _work_on_the_index(self, function: AssistantFunction, part: str) -> None:
        target = self._search.target(self._stack.region, ())
        grant_search(self._stack, self._environment, self._search, target, function, part, self._stores.memory)

    def _embed(self, function: AssistantFunction) -> None:
        if self._embeds:
            function.allow(*self._inference.embedding.caller_statements(), wildcards=GUESSED)

    def _use_the_guardrail(self, function: AssistantFunction) -> None:
        chosen = self._assistant.bedrock_guardrail
        if chosen is None:
            return
        arn = chosen.id
        if not arn.startswith("arn:"):
            region = chosen.region or self._stack.region
            arn = self._stack.format_arn(
                service="bedrock", region=region, resource="guardrail", resource_name=chosen.id
            )
        function.allow(iam.PolicyStatement(actions=["bedrock:ApplyGuardrail"], resources=[arn]))
