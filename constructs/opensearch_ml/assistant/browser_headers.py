"""Headers that tell a browser what it must not do with an answer of the API, whoever sends it."""

BROWSER_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# For errors, which no cache may send again in place of the page or of an answer.
ERROR_HEADERS = {**BROWSER_HEADERS, "Cache-Control": "no-store"}


def quoted(headers: dict[str, str]) -> dict[str, str]:
    """The headers as API Gateway takes static values: in single quotes."""
    return {name: f"'{value}'" for name, value in headers.items()}
