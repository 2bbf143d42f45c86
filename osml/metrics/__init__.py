"""The figures of an environment's dashboard."""
