"""The documents of an environment as tools for agents."""
