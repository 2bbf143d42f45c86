"""The exit codes of all commands; docs/troubleshooting.md lists who uses which, and when."""

DONE = 0
# It failed, or it found what it looks for, such as an object that is not as it should be.
FAILED = 1
# An option or argument is wrong; `osml diff` and `osml preflight` also when they cannot look.
MISUSED = 2
# A deploy succeeded, but somebody has deleted or changed objects by hand.
DRIFTED = 3
# Somebody pressed Ctrl-C.
STOPPED = 130
