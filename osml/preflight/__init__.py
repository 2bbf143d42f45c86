"""Checks before a deploy: what AWS would refuse, found while nothing has been made."""
