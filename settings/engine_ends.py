"""Which versions of OpenSearch end on Amazon OpenSearch Service, as far as Amazon has announced a day.

2.9 and older ended on 2025-11-07 and can be set by nobody; 2.11 and later have no day yet.
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/what-is.html#choosing-version
"""

from __future__ import annotations

from settings.end_of_life import EndOfLife

ENDS: dict[str, EndOfLife] = {}
