"""The command `osml schema`."""

import json


def schema() -> None:
    """Print the JSON Schema of environment files, with which editors complete and check them."""
    from settings import schema as of_settings

    print(json.dumps(of_settings.schema(), indent=1, ensure_ascii=False))
