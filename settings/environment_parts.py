"""The parts of an environment, each in its own stack, in deploy order."""

PARTS = ("search", "inference", "knowledge", "assistant", "ingestion")
