"""Personal data in texts, found by regular expressions and check digits: in questions, answers and documents."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from calls.as_read import read
from corpus.document import Document
from corpus.fields import OURS

# In ASCII, because Chinese and Japanese have no spaces around a datum; a mail address may have letters of any script.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9_-])")
_PHONE = re.compile(r"(?<![\w.+-])\+?\(?\d[\d ()./-]{6,22}\d(?![\w-])", re.ASCII)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){11,18}(?![\w-])", re.ASCII)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}(?!\w)", re.ASCII)
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:]|\.\d)", re.ASCII
)
# The least and greatest number of digits of a phone number (ITU-T E.164).
_FEWEST, _MOST = 8, 15
# Cards and IBANs are searched before phone numbers, because any long number may look like a phone number.
_ORDER = ("email", "iban", "card", "ip", "phone")
# Replaces each character that was found already. No pattern matches it, and it is not a word character.
_TAKEN = "\0"


def masked(text: str, kinds: Sequence[str]) -> str:
    """The text with each datum of these kinds replaced by its kind in brackets: `[email]`."""
    return _replaced(text, _spans(text, kinds))


def without_personal_data(document: Document, text_field: str, kinds: Sequence[str]) -> Document:
    """The document with data of these kinds masked in its text and other fields, and with the count in `masked`.

    Its id does not change, nor do values that are numbers.
    """
    text = str(document.source[text_field])
    spans, count = _spans(text, kinds), Counter[str]()

    def hidden(value: Any) -> Any:
        if isinstance(value, str):
            found_spans = _spans(value, kinds)
            count["all"] += len(found_spans)
            return _replaced(value, found_spans)
        if isinstance(value, Mapping):
            return {name: hidden(each) for name, each in value.items()}
        return [hidden(each) for each in value] if isinstance(value, list) else value

    fields = {name: hidden(value) for name, value in document.source.items() if name not in (text_field, OURS)}
    ours = document.source.get(OURS)
    if isinstance(ours, Mapping):
        # Groups, loader and source are names that osml added, so they are not masked.
        fields[OURS] = {name: hidden(value) if name == "kept" else value for name, value in ours.items()}
    places = tuple((_moved(at, spans), hidden(where)) for at, where in document.places)
    source = {**fields, text_field: _replaced(text, spans)}
    return replace(document, source=source, places=places, masked=count["all"] + len(spans))


def _spans(text: str, kinds: Sequence[str]) -> list[tuple[int, int, str]]:
    """The start, end and kind of each datum, in the order of the text, however its characters are written."""
    if not kinds:
        return []
    spans, read_text = [], read(text)
    text = read_text.text
    for kind in _ORDER:
        if kind not in kinds:
            continue
        parts, at = [], 0
        for start, end in _matches(kind, text):
            spans.append((start, end, kind))
            parts += [text[at:start], _TAKEN * (end - start)]
            at = end
        text = "".join([*parts, text[at:]])
    return sorted((*read_text.origin(start, end), kind) for start, end, kind in spans)


def _replaced(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, kind in spans:
        parts += [text[at:start], f"[{kind}]"]
        at = end
    return "".join([*parts, text[at:]])


def _moved(place: int, spans: Sequence[tuple[int, int, str]]) -> int:
    """The position in the masked text for a position in the text; one within a datum moves to its beginning."""
    shift = 0
    for start, end, kind in spans:
        if start >= place:
            break
        shift += start - place if place < end else len(kind) + 2 - (end - start)
    return place + shift


def _matches(kind: str, text: str) -> Iterator[tuple[int, int]]:
    pattern = {"email": _EMAIL, "iban": _IBAN, "card": _CARD, "ip": _IP, "phone": _PHONE}[kind]
    is_one = {"iban": _is_iban, "card": _is_card, "ip": _is_ip, "phone": _is_phone}.get(kind)
    for match in pattern.finditer(text):
        if is_one is None or is_one(match[0]):
            yield match.span()


def _is_iban(text: str) -> bool:
    """Whether the check digits of ISO 13616 are right."""
    plain = text.replace(" ", "")
    turned = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(turned) % 97 == 1


def _is_card(text: str) -> bool:
    """Whether the check digit of ISO/IEC 7812 is right."""
    digits = [int(character) for character in text if character.isdigit()][::-1]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_phone(text: str) -> bool:
    """Whether it begins with `+`, `0` or a bracket, like phone numbers in texts, and unlike dates, sums and ids."""
    digits = sum(character.isdigit() for character in text)
    return _FEWEST <= digits <= _MOST and text[0] in "+0(" and not re.match(r"0?\d[./-]\d", text)
