"""The default length of a passage."""

from __future__ import annotations

# In characters; environments without an assistant have the same default.
PASSAGE_CHARACTERS = 1000
