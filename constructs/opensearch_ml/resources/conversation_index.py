"""ConversationIndex: an index for conversations with an assistant."""

from __future__ import annotations

from opensearch_ml.resources.plain_index import PlainIndex

# The name of the index for conversations about the documents of `{index}`.
CONVERSATIONS = "{index}-conversations"


class ConversationIndex(PlainIndex):
    """The index `name`: a document for each conversation, which its caller finds by words of its title and questions.

    With `removal_policy` RETAIN the conversations outlive the stack.

    Example::

        kept = ml.ConversationIndex(stack, "Conversations", target=target, name="articles-conversations")
    """

    FIELDS = {  # noqa: RUF012 - of the base
        "caller": {"type": "keyword"},
        "changed": {"type": "date", "format": "epoch_second"},
        "words": {"type": "text"},
    }
