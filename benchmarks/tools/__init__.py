"""The tools that provision, one in each file; each does the same work on the same engine."""
