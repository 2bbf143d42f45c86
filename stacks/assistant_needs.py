"""What each function does on a search engine, and therefore which permissions it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from opensearch_ml.resources.conversation_index import CONVERSATIONS
from opensearch_ml.resources.feedback_index import FEEDBACK

ML = "cluster:admin/opensearch/ml"
# Since 3.5 neural-search reads a model's metadata before it first embeds with the model, and caches it for all callers
# (MLCommonsClientAccessor.checkModelAndThenPredict). Any caller may be the first, so each needs permission to read it.
EMBED = (f"{ML}/predict", f"{ML}/models/get")
MEMORY = "_plugins/_ml/memory"
# The paths of one conversation, and of a search for conversations, in the index of conversations.
CONVERSATION, AMONG = f"{CONVERSATIONS}/_doc/*", f"{CONVERSATIONS}/_search"


@dataclass(frozen=True)
class EngineNeed:
    """What a function does on an engine: requests by path, permissions on the cluster and on the index.

    `{index}` in a path is the index, and `{index_version}` is each of its versions. `conversations` are permissions on
    the index of conversations: the function `ask` continues them, and the function `documents` lists them for their
    callers. `feedback` are permissions on the index of feedback. A domain checks paths and permissions. A collection
    checks only the `collection` permissions.
    """

    gets: Sequence[str]
    posts: Sequence[str]
    cluster: Sequence[str]
    index: Sequence[str]
    collection: Sequence[str]
    conversations: Sequence[str] = ()
    deletes: Sequence[str] = ()
    feedback: Sequence[str] = ()
    description: str = "What the assistant may do"

    def without_conversations(self) -> EngineNeed:
        """The same need if there is no index of conversations."""
        kept = (CONVERSATION, AMONG)
        return replace(
            self,
            gets=[get for get in self.gets if get not in kept],
            posts=[post for post in self.posts if post not in kept],
            deletes=[delete for delete in self.deletes if delete not in kept],
            conversations=(),
        )

    def with_feedback(self, part: str, *, texts: bool) -> EngineNeed:
        """The same need if feedback is stored.

        The function `documents` stores judgements. With `texts`, the functions that answer questions also store
        questions without an answer.
        """
        judged, among = f"{FEEDBACK}/_doc/*", f"{FEEDBACK}/_search"
        writes = [f"indices:data/write/{verb}*" for verb in ("bulk", "index")]
        if part == "documents":
            reads = ["indices:data/read/search*", "indices:data/write/delete*"]
            return replace(
                self,
                posts=[*self.posts, judged, among],
                deletes=[*self.deletes, judged],
                feedback=[*reads, *writes],
            )
        return replace(self, posts=[*self.posts, judged], feedback=writes) if texts and part in ASKED_IN else self

    def with_memory(self) -> EngineNeed:
        """The same need if conversations are in the engine's memory, from which the search pipeline reads them."""
        need = self.without_conversations()
        return replace(
            need,
            gets=[*need.gets, f"{MEMORY}/*"],
            posts=[*need.posts, MEMORY, f"{MEMORY}/*"],
            cluster=[
                *EMBED,
                *(f"{ML}/memory/conversation/{verb}" for verb in ("create", "get", "interaction/search", "search")),
                *(f"{ML}/memory/interaction/{verb}" for verb in ("create", "list")),
            ],
        )

    def with_vectors(self) -> EngineNeed:
        """The same need if the function compares texts by meaning: it calls the model of the index's pipeline."""
        named = ["{index_version}/_settings/index.search.default_pipeline", "_search/pipeline/{index}-search-*"]
        return replace(
            self,
            gets=[*self.gets, *named],
            posts=[*self.posts, "_plugins/_ml/_predict/text_embedding/*"],
            cluster=[*self.cluster, "cluster:admin/search/pipeline/get"],
            index=[*self.index, "indices:monitor/settings/get"],
        )


# The functions that answer questions.
ASKED_IN = ("ask", "tools")
ASKING = EngineNeed(
    gets=["{index}/_alias", CONVERSATION],
    posts=["{index}/_search", "{index_version}/_search", CONVERSATION],
    cluster=[*EMBED, "indices:data/write/bulk"],
    index=["indices:admin/aliases/get", "indices:data/read/search*"],
    collection=["aoss:DescribeIndex", "aoss:ReadDocument"],
    conversations=["indices:data/read/get", *(f"indices:data/write/{verb}*" for verb in ("bulk", "index"))],
)
NEEDS: Mapping[str, EngineNeed] = {
    "ask": ASKING,
    "tools": replace(ASKING, description="What the tools for agents may do"),
    "documents": EngineNeed(
        gets=[CONVERSATION],
        posts=["_bulk", *(f"{{index}}/{route}" for route in ("_refresh", "_search")), CONVERSATION, AMONG],
        deletes=[CONVERSATION],
        cluster=[*EMBED, "indices:data/write/bulk"],
        index=[
            "indices:admin/refresh*",
            "indices:data/read/search*",
            *(f"indices:data/write/{verb}*" for verb in ("bulk", "delete", "index")),
        ],
        collection=["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"],
        conversations=[
            "indices:data/read/get",
            "indices:data/read/search*",
            *(f"indices:data/write/{verb}*" for verb in ("bulk", "delete", "index")),
        ],
    ),
    "drop": EngineNeed(
        gets=[],
        posts=["_bulk"],
        cluster=[*EMBED, "indices:data/write/bulk"],
        index=[f"indices:data/write/{verb}*" for verb in ("bulk", "index")],
        collection=[],
        description="What the drop may do",
    ),
    "sources": EngineNeed(
        gets=[],
        posts=["_bulk", *(f"{{index}}/{action}" for action in ("_refresh", "_search"))],
        cluster=[*EMBED, "indices:data/write/bulk"],
        index=[
            "indices:admin/refresh*",
            "indices:data/read/search*",
            *(f"indices:data/write/{action}*" for action in ("bulk", "delete", "index")),
        ],
        collection=["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"],
        description="What the function that keeps the index in step with its sources may do",
    ),
}
