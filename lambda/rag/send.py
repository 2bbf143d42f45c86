"""The callable with which modules that the command line shares send requests to the engine."""

from collections.abc import Callable
from typing import Any

Send = Callable[[str, str, Any], Any]
"""A request to the engine: method, path, JSON body or None; returns the JSON answer. Its errors are passed on."""
