"""AWS on this machine: MiniStack in one process with the front, and what it lacks of Amazon's behaviour.

Each module of this package closes one gap. `__main__` starts all of it.
"""
