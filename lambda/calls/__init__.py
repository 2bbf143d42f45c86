"""Helpers for calls to other services: retries, redaction of quoted answers, and texts from outside."""
