"""The entry point of the function `documents`."""

from gateway.start import imported

handler = imported("api", "handler")
