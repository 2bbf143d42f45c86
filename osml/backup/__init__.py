"""Backups of an environment's indexes, and how they come back."""
