"""The command `osml schema`."""

PANEL = "Set up"


def schema() -> None:
    """Print the JSON Schema of environment files, with which editors complete and check them."""
    from settings import schema as of_settings

    print(of_settings.text(), end="")
