"""The headers with which an engine without a front knows the caller's role; with a front, the front sets them."""


def role_headers(arn: str) -> dict[str, str]:
    """The headers of a request by that role."""
    return {"x-forwarded-for": "127.0.0.1", "x-proxy-user": arn, "x-proxy-roles": arn}
