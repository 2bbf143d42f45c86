"""Model providers, and how the domain calls them: one file for each provider."""
