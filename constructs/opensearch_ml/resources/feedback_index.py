"""FeedbackIndex: an index for people's feedback on answers."""

from __future__ import annotations

from opensearch_ml.resources.plain_index import PlainIndex

# The name of the index for feedback on answers from the documents of `{index}`.
FEEDBACK = "{index}-feedback"
_TIME = {"type": "date", "format": "epoch_second"}


class FeedbackIndex(PlainIndex):
    """The index `name`: a document for each judgement, found by when it was made and when it expires.

    With `removal_policy` RETAIN the documents outlive the stack.

    Example::

        judged = ml.FeedbackIndex(stack, "Feedback", target=target, name="articles-feedback")
    """

    FIELDS = {"at": _TIME, "expires": _TIME}  # noqa: RUF012 - of the base
