"""The name under which this program was called."""

import os
import sys


def typed_as() -> str:
    """`osml`, or the relative path to it that was typed."""
    program = sys.argv[0]
    return program if os.sep in program and not os.path.isabs(program) else "osml"
