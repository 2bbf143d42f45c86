"""The documents of an environment: listed, shown, removed."""
