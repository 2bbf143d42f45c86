"""AWS on this machine: MiniStack and the front in one process, with behaviour of Amazon that MiniStack lacks.

Each module adds one such behaviour. `__main__` starts all of them.
"""
