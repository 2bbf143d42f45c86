"""Errors of the engine.

    SandboxError
    └── EngineError
        ├── PartMissing        a part of the engine was found nowhere
        ├── ChecksumMismatch   a file has another content than the part
        ├── JavaMissing        no Java can run the engine, and none could be installed
        └── NotReady           the engine was started and does not answer

The message of each is a sentence for a person.
"""

from sandbox.failure import SandboxError


class EngineError(SandboxError):
    """The engine could not be assembled or started."""

    cause = "engine-failed"


class PartMissing(EngineError):
    """A part of the engine was found nowhere."""


class ChecksumMismatch(EngineError):
    """A file has another content than the part."""


class JavaMissing(EngineError):
    """No Java can run the engine, and none could be installed."""


class NotReady(EngineError):
    """The engine was started and does not answer."""
