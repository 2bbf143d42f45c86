"""`python -m sandbox.cloud CONFIG.json`: AWS and the front on this machine, until SIGTERM."""

import sys
from pathlib import Path

from sandbox.cloud import environment
from sandbox.cloud.settings import CloudSettings
from sandbox.failure import SandboxError


def main(arguments: list[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("usage: python -m sandbox.cloud CONFIG.json")
    try:
        settings = CloudSettings.read(Path(arguments[0]))
    except SandboxError as reason:
        raise SystemExit(str(reason)) from reason
    outer = environment.enter(settings)
    # MiniStack reads the environment when it is imported.
    from sandbox.cloud.server import run

    run(settings, outer=outer)


if __name__ == "__main__":
    main(sys.argv[1:])
