"""What can go wrong with the engine.

    SandboxError
    └── EngineError
        ├── PartMissing        a file of the parts list was found nowhere
        ├── ChecksumMismatch   a file was found, and is not the one of the parts list
        ├── JavaMissing        no Java that can run the engine, and none could be installed
        └── NotReady           the engine was started and does not answer

The message of each is a sentence for a person.
"""

from sandbox.failure import SandboxError


class EngineError(SandboxError):
    """The engine could not be put together or started."""


class PartMissing(EngineError):
    """A file of the parts list was found nowhere."""


class ChecksumMismatch(EngineError):
    """A file was found, and is not the one of the parts list."""


class JavaMissing(EngineError):
    """No Java that can run the engine, and none could be installed."""


class NotReady(EngineError):
    """The engine was started and does not answer."""
