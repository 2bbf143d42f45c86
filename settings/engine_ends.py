"""The versions of OpenSearch for which Amazon OpenSearch Service has announced an end of life.

2.9 and older versions ended on 2025-11-07 and cannot be set; 2.11 and later have no date yet.
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/what-is.html#choosing-version
"""

from __future__ import annotations

from settings.end_of_life import EndOfLife

ENDS: dict[str, EndOfLife] = {}
