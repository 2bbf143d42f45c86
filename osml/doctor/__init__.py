"""The search for the first cause of a problem."""
