"""Questions to an environment."""
