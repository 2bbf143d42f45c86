"""The state of an environment's stacks and objects."""
