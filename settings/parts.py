"""The parts of an environment, each a stack of its own, in deploy order."""

PARTS = ("search", "inference", "knowledge", "assistant", "ingestion")
