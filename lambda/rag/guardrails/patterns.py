"""Topics and personal data by regular expressions: without a model, without a call."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from rag.budget import Budget
from rag.guardrails.struck import Struck
from settings.guardrails import Guardrails, PersonalData

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_PHONE = re.compile(r"(?<![\w.+-])\+?\(?\d[\d ()./-]{6,22}\d(?![\w-])")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){11,18}(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}(?!\w)")
_IP = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:])")
# A phone number has so many digits (ITU-T E.164), and is no date and no sum of money.
_FEWEST, _MOST = 8, 15


class Patterns:
    """`denied`, `personal_data` and `longest_question` of the settings."""

    least = 0

    def __init__(self, settings: Guardrails) -> None:
        self._message = settings.message
        self._longest = settings.longest_question
        self._denied = [(re.compile(each.pattern, re.IGNORECASE), each.message) for each in settings.denied]
        self._masked = settings.personal_data

    def question(self, text: str, budget: Budget) -> str:  # noqa: ARG002 of the interface
        if self._longest is not None and len(text) > self._longest:
            raise Struck(f"A question has at most {self._longest} characters here. Ask in fewer words.")
        self._refuse(text)
        return masked(text, self._masked)

    def answer(
        self,
        text: str,
        before: str,
        question: str,  # noqa: ARG002 of the interface
        passages: Sequence[str],  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
    ) -> str:
        self._refuse(before + text)
        return masked(text, self._masked)

    def _refuse(self, text: str) -> None:
        for pattern, message in self._denied:
            if pattern.search(text):
                raise Struck(message or self._message)


def masked(text: str, kinds: Sequence[PersonalData]) -> str:
    """The text with each datum of these kinds replaced by its kind in brackets: `[email]`."""
    # A card and an IBAN are looked for before a phone number, which is any long number.
    for kind in ("email", "iban", "card", "ip", "phone"):
        if kind not in kinds:
            continue
        parts, at = [], 0
        for start, end in _found(kind, text):
            parts += [text[at:start], f"[{kind}]"]
            at = end
        text = "".join([*parts, text[at:]])
    return text


def _found(kind: str, text: str) -> Iterator[tuple[int, int]]:
    pattern = {"email": _EMAIL, "iban": _IBAN, "card": _CARD, "ip": _IP, "phone": _PHONE}[kind]
    is_one = {"iban": _is_iban, "card": _is_card, "ip": _is_ip, "phone": _is_phone}.get(kind)
    for match in pattern.finditer(text):
        if is_one is None or is_one(match[0]):
            yield match.span()


def _is_iban(text: str) -> bool:
    """The check digits of ISO 13616 are right."""
    plain = text.replace(" ", "")
    turned = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(turned) % 97 == 1


def _is_card(text: str) -> bool:
    """The check digit of ISO/IEC 7812 is right."""
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
    """It begins with `+` or `0` or a bracket, as numbers in a text do; a date, a sum or an id does not."""
    digits = sum(character.isdigit() for character in text)
    return _FEWEST <= digits <= _MOST and text[0] in "+0(" and not re.match(r"0?\d[./-]\d", text)
