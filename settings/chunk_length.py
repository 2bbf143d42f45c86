"""How long a passage is where nothing is set."""

from __future__ import annotations

# Also in an environment without an assistant.
PASSAGE_CHARACTERS = 1000
