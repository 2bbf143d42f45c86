"""Deployment of an environment, and the checks before it."""
