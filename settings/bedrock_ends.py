"""The models of Amazon Bedrock for which Amazon has announced an end of life.

DeepSeek-R1, Titan, Cohere's embeddings and the rerank models have no date yet. `osml doctor` also asks Bedrock itself.
"""

from __future__ import annotations

from datetime import date

from settings.end_of_life import EndOfLife

_SOURCE = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html"


def _ends(year: int, month: int, day: int) -> EndOfLife:
    return EndOfLife(date(year, month, day), _SOURCE)


ENDS = {
    "amazon.nova-premier-v1:0": _ends(2026, 9, 14),
    "anthropic.claude-3-haiku-20240307-v1:0": _ends(2026, 9, 10),
    "anthropic.claude-3-sonnet-20240229-v1:0": _ends(2026, 7, 30),
    "anthropic.claude-3-5-sonnet-20240620-v1:0": _ends(2026, 7, 30),
    "anthropic.claude-3-5-sonnet-20241022-v2:0": _ends(2026, 7, 30),
    "anthropic.claude-3-7-sonnet-20250219-v1:0": _ends(2026, 4, 28),
    "anthropic.claude-opus-4-1-20250805-v1:0": _ends(2027, 1, 8),
    "anthropic.claude-sonnet-4-20250514-v1:0": _ends(2026, 10, 14),
}
