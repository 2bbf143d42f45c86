"""Checks before a deploy: they find what AWS would refuse, before anything is created."""
