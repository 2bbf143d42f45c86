"""The file name for the content of an address; its ending determines the format."""

from urllib.parse import urlsplit

from corpus.endings import readable

HTML = ("text/html", "application/xhtml+xml")
# The endings by content type, for addresses without an ending.
TYPES = {
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "application/json": ".json",
    "application/epub+zip": ".epub",
    "application/rtf": ".rtf",
    "application/msword": ".doc",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}


def file_name(url: str, kind: str) -> str | None:
    """The name: for HTML by the type, else by the address or the type; None if osml does not read the format."""
    path = urlsplit(url).path
    if kind in HTML:
        return f"{url.rstrip('/')}.html"
    name = path if readable(path) else f"{url}{TYPES.get(kind, '')}"
    return name if readable(name) else None
