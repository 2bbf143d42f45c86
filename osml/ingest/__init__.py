"""Loads of documents into an environment."""
