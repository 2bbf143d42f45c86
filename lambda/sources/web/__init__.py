"""Requests to other people's servers: only to public addresses, with pauses, and with limits."""
