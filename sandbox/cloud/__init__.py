"""AWS on this machine: MiniStack in one process with the front, and behaviour of Amazon that MiniStack lacks.

Each module adds one such behaviour. `__main__` starts all of them.
"""
