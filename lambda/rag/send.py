"""The type of the function that sends requests to the engine, in modules that the command line also uses."""

from collections.abc import Callable
from typing import Any

Send = Callable[[str, str, Any], Any]
"""A request to the engine: method, path, JSON body or None; returns the JSON answer. Its errors are passed on."""
