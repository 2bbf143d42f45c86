"""What the command line says when it cannot do what was asked."""


class Failure(Exception):
    """One sentence for a person: what was tried, on what, what came back, what to do. Printed without a traceback."""
