"""Where the assistant stores conversations, feedback, quotas, cached answers, prompts and files."""

from __future__ import annotations

from typing import Any

from opensearch_ml.assistant.answer_cache_table import AnswerCacheTable
from opensearch_ml.assistant.conversation_table import ConversationTable
from opensearch_ml.assistant.feedback_table import FeedbackTable
from opensearch_ml.assistant.original_bucket import OriginalBucket
from opensearch_ml.assistant.prompt_table import PromptTable
from opensearch_ml.assistant.quota_table import QuotaTable
from opensearch_ml.assistant.upload_jobs import UploadJobs
from opensearch_ml.resources.conversation_index import CONVERSATIONS, ConversationIndex
from opensearch_ml.resources.feedback_index import FEEDBACK, FeedbackIndex
from settings import Environment
from settings.assistant import Assistant
from stacks.environment_stack import EnvironmentStack
from stacks.search import SearchStack


class AssistantStores:
    """The stores of the assistant.

    Conversations and feedback are in indexes of the engine on a domain, and in tables on a collection. The other stores
    are the same for both. `table` or `index` contains conversations. With `memory` both are None, and conversations are
    in the engine's own memory.
    """

    def __init__(
        self,
        scope: EnvironmentStack,
        environment: Environment,
        assistant: Assistant,
        search: SearchStack,
        *,
        in_engine: bool,
        memory: bool,
    ) -> None:
        removal = scope.removal
        index = environment.index
        beside: dict[str, Any] = {
            "target": search.target(scope.region, ()),
            "replicas": index.replicas,
            "removal_policy": removal,
        }
        self.memory = memory
        self.table = None if in_engine else ConversationTable(scope, "Conversations", removal_policy=removal)
        self.quota = QuotaTable(scope, "Quota") if assistant.quota else None
        self.cache = AnswerCacheTable(scope, "Cache") if assistant.cache else None
        self.prompts = PromptTable(scope, "Prompts", removal_policy=removal) if assistant.prompts else None
        self.index: ConversationIndex | None = None
        if in_engine and not memory:
            name = CONVERSATIONS.format(index=index.name)
            self.index = ConversationIndex(scope, "Conversations", name=name, **beside)
        self.feedback: FeedbackIndex | FeedbackTable | None = None
        if assistant.feedback and in_engine:
            self.feedback = FeedbackIndex(scope, "Feedback", name=FEEDBACK.format(index=index.name), **beside)
        elif assistant.feedback:
            self.feedback = FeedbackTable(scope, "Feedback", removal_policy=removal)
        self.uploads = UploadJobs(scope, "Uploads", removal_policy=removal)
        self.originals: OriginalBucket | None = None
        if assistant.originals:
            self.originals = OriginalBucket(scope, "Originals", days=assistant.originals.days, removal_policy=removal)
