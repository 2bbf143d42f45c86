"""Existing objects of a domain or collection: read, shown as a tree, and adopted by an environment."""
