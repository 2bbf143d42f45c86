"""The models of chat and embeddings APIs for which the providers have announced an end of life, by the API's host."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from settings.end_of_life import EndOfLife

_DEEPSEEK_NEWS = "https://api-docs.deepseek.com/updates/"
_OPENAI_NEWS = "https://developers.openai.com/api/docs/deprecations"
_JULY = EndOfLife(date(2026, 7, 24), _DEEPSEEK_NEWS)
_SEPTEMBER = EndOfLife(date(2026, 9, 10), _DEEPSEEK_NEWS)
_OCTOBER = EndOfLife(date(2026, 10, 23), _OPENAI_NEWS)
_DECEMBER = EndOfLife(date(2026, 12, 11), _OPENAI_NEWS)
_JANUARY = EndOfLife(date(2027, 1, 14), _OPENAI_NEWS)
ENDS: Mapping[str, Mapping[str, EndOfLife]] = {
    "api.deepseek.com": {
        **dict.fromkeys(("deepseek-chat", "deepseek-reasoner"), _JULY),
        **dict.fromkeys(("deepseek-v4-flash", "deepseek-v4-flash-vision-exp"), _SEPTEMBER),
    },
    "api.openai.com": {
        **dict.fromkeys(
            ("gpt-3.5-turbo", "gpt-4", "gpt-4-turbo", "gpt-4.1-nano", "o1", "o3-mini", "o4-mini"), _OCTOBER
        ),
        **dict.fromkeys(("gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-pro", "o3"), _DECEMBER),
        **dict.fromkeys(("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"), _JANUARY),
    },
}
