"""Requests to other people's servers: to public addresses only, politely, and with an end."""
