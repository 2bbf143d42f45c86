"""The entry point of the function `tools`."""

from gateway.start import imported

handler = imported("tools", "handler")
