"""Errors of the engine.

    SandboxError
    └── EngineError
        ├── PartMissing        no folder and no repository has a part of the engine
        ├── ChecksumMismatch   a file's content is not that of the part
        ├── JavaMissing        no Java can run the engine, and none could be installed
        └── NotReady           the engine was started and does not answer

Each message is a sentence for a person.
"""

from sandbox.failure import SandboxError


class EngineError(SandboxError):
    """The engine could not be assembled or started."""

    cause = "engine-failed"


class PartMissing(EngineError):
    """No folder and no repository has a part of the engine."""


class ChecksumMismatch(EngineError):
    """A file's content is not that of the part."""


class JavaMissing(EngineError):
    """No Java can run the engine, and none could be installed."""


class NotReady(EngineError):
    """The engine was started and does not answer."""
