"""Whether a TLS connection broke or is not trusted: `requests` has one error for both, SSLError."""

# Words in OpenSSL's texts about a connection that ended, or whose bytes arrived out of order or changed.
_BROKEN = ("EOF", "reset", "closed", "RECORD", "LENGTH", "UNEXPECTED")


def innermost(error: BaseException) -> str:
    """The text of the first error that led to this one, without the place in Python's source."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error).split(" (_ssl.c")[0]


def is_broken(error: BaseException) -> bool:
    """Whether the connection broke, so that another one may succeed."""
    cause = innermost(error)
    return any(sign in cause for sign in _BROKEN)
