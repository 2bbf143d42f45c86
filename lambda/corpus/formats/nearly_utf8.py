"""UTF-8 with some foreign bytes: texts that are damaged or cut, or that several programs have written."""

import codecs
import re

# The name of the error handler that decodes such bytes.
FOREIGN = "osml.foreign"
# Such a text has at least this many characters of several bytes for each foreign byte; a long text at least as many.
_LEAST_RIGHT = 3
_LONG = 10
# The letters and marks of Windows-1252 that occur in texts; other foreign bytes are damage.
_WESTERN = frozenset("ÄÖÜäöüßÀÂÇÉÈÊËÎÏÔÙÛàáâãåæçèéêëìíîïñòóôõøùúûœŒÅÆØÑ“”„‘’‚…–—•€£§°±²³µ·«»¿¡®©™\xa0")
# Java and some databases write a character beyond U+FFFF as two surrogates of three bytes each (CESU-8).
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_BYTES_OF_PAIR = 6


def is_nearly_utf8(content: bytes) -> bool:
    """Whether the content, which is not UTF-8, is UTF-8 except for few bytes."""
    text = content.decode("utf-8", errors="replace")
    pairs = len(_PAIR.findall(content))
    # The decoder makes a replacement of each foreign byte; the content may also have replacements of its own.
    replaced = text.count("\ufffd")
    wrong = replaced - content.count("\ufffd".encode()) - pairs * _BYTES_OF_PAIR
    right = len(text) - len(text.encode("ascii", errors="ignore")) - replaced + pairs
    return right > 0 and right >= wrong * (1 if right >= _LONG else _LEAST_RIGHT)


def _foreign(error: UnicodeError) -> tuple[str, int]:
    """The text of foreign bytes: a pair of surrogates, a character of Windows-1252, or else U+FFFD."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding not in ("utf-8", "utf8"):
        raise error
    if pair := _PAIR.match(error.object, error.start):
        text = pair[0].decode("utf-8", "surrogatepass")
        return text.encode("utf-16", "surrogatepass").decode("utf-16"), pair.end()
    character = error.object[error.start : error.end].decode("cp1252", errors="replace")
    is_cut = error.reason == "unexpected end of data"
    return character if character in _WESTERN and not is_cut else "\ufffd", error.end


codecs.register_error(FOREIGN, _foreign)
