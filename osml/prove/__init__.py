"""A proof on an account: it deploys, uses and destroys an environment, and finds out what only AWS can answer."""
