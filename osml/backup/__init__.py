"""Backups of an environment's indexes: taken, listed and restored."""
