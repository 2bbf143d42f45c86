"""The assistant: its API, its functions, its sign-in and its conversations."""
