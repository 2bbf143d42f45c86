"""What provisions: one tool per file, each doing the same work on the same engine."""
