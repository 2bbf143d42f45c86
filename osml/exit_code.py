"""The exit codes of all commands; docs/troubleshooting.md lists which command uses which code, and when."""

DONE = 0
# The command failed, or it found a fault, such as an object that differs from its stack.
FAILED = 1
# An option or argument is wrong. `osml diff` and `osml preflight` also use it when they cannot compare or check.
MISUSED = 2
# A deploy succeeded, but some objects still differ from their stacks, because somebody deleted or changed them.
DRIFTED = 3
# Somebody pressed Ctrl-C.
STOPPED = 130
