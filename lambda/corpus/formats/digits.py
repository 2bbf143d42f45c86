"""The digits of a number in one part of a number format."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

Token = tuple[str, str]
"""A piece of a format: its kind and its text. A `digit` is a placeholder for one; `other` is any other text."""

_POINT, _SLASH, _COMMA, _PERCENT = ("other", "."), ("other", "/"), ("other", ","), ("other", "%")
_MOST_DIGITS, _LARGEST_PLAIN = 15, 1e21


def general(value: float) -> str:
    """The number without a format, with as many digits as workbooks have."""
    if float(value).is_integer() and abs(value) < _LARGEST_PLAIN:
        return str(int(value))
    return repr(float(f"{value:.{_MOST_DIGITS}g}"))


def literal(token: Token) -> str:
    """The text that a piece shows if it is not a placeholder for a digit."""
    kind, text = token
    return " " if kind == "width" else text


@dataclass(frozen=True, slots=True)
class Digits:
    """How a number is shown. `before` and `after` are the characters around it.

    whole, decimals: the digit placeholders before and after the point. middle: `whole`, with other characters.
    power: the power of ten by which the number is multiplied. exponent: the placeholders and sign of an exponent.
    fraction: all pieces, if the number is shown as a numerator and a denominator.
    """

    before: str
    after: str
    whole: Sequence[str]
    decimals: Sequence[str]
    middle: Sequence[Token] = ()
    grouped: bool = False
    power: int = 0
    exponent: tuple[int, str] | None = None
    fraction: Sequence[Token] = ()

    def shown(self, value: float) -> str:
        """The number. Raises ArithmeticError and ValueError."""
        if self.fraction:
            return _fraction(value, self.fraction)
        if not (self.whole or self.decimals):
            return ("-" if value < 0 else "") + self.before
        number = Decimal(general(value)).scaleb(self.power)
        if self.exponent:
            said = self._scientific(number, *self.exponent)
        else:
            said = _decimal(number, self.whole, self.decimals, grouped=self.grouped)
        if self.middle:
            digits, point, rest = said.partition(".")
            said = _in_places(digits, self.middle) + point + rest
        is_below = number < 0 and any(character in "123456789" for character in said)
        return ("-" if is_below else "") + self.before + said + self.after

    def _scientific(self, number: Decimal, width: int, sign: str) -> str:
        """The number with an exponent that is a multiple of the number of placeholders before the point."""
        step = max(1, len(self.whole))
        power = number.adjusted() // step * step if number else 0
        mantissa = _decimal(number.scaleb(-power), ["0"], self.decimals, grouped=False)
        if Decimal(mantissa) >= 10**step:  # rounded up, as 9.996 is with two decimals
            power += step
            mantissa = _decimal(number.scaleb(-power), ["0"], self.decimals, grouped=False)
        return f"{mantissa}E{'-' if power < 0 else sign}{str(abs(power)).rjust(width, '0')}"


def digits_of(tokens: Sequence[Token]) -> Digits:
    """How these pieces show a number."""
    places = [at for at, token in enumerate(tokens) if _is_place(token)]
    if not places:
        return Digits("".join(map(literal, tokens)), "", (), ())
    first, last = places[0], places[-1]
    if _SLASH in tokens[first:]:
        return Digits("", "", (), (), fraction=tokens)
    at = next((at for at, (kind, _) in enumerate(tokens) if kind == "exponent"), None)
    point = next((place for place, token in enumerate(tokens[:at]) if token == _POINT), None)
    ends = at if at is not None else last + 1
    start = min(first, point) if point is not None else first
    middle = tokens[start : point if point is not None else ends]
    commas = [place for place, token in enumerate(tokens) if token == _COMMA]
    grouped = any(first < place < (point if point is not None else last) for place in commas)
    exponent = None
    if at is not None:
        ends = at + 1
        while ends < len(tokens) and _is_place(tokens[ends]):
            ends += 1
        exponent = (ends - at - 1, "+" if tokens[at][1].endswith("+") else "")
    after = tokens[max(ends, (point or 0) + 1) :]
    return Digits(
        "".join(map(literal, tokens[:start])),
        "".join(literal(token) for token in after if token != _COMMA),
        [text for kind, text in middle if kind == "digit"],
        [text for kind, text in tokens[point + 1 : at if at is not None else ends] if kind == "digit"]
        if point is not None
        else [],
        middle if exponent is None and not grouped and not all(map(_is_place, middle)) else (),
        grouped,
        # A comma after the last placeholder divides the number by a thousand.
        2 * sum(token == _PERCENT for token in tokens) - 3 * sum(place > last for place in commas),
        exponent,
    )


def _is_place(token: Token) -> bool:
    return token[0] == "digit"


def _in_places(number: str, tokens: Sequence[Token]) -> str:
    """Digits between other characters, as in a telephone number."""
    digits = list(number)
    said: list[str] = []
    left = sum(map(_is_place, tokens))
    for token in reversed(tokens):
        if not _is_place(token):
            said.append(literal(token) if digits or left else "")
            continue
        left -= 1
        said.append("".join(digits) if not left else digits.pop() if digits else "")
    return "".join(reversed(said))


def _decimal(number: Decimal, whole: Sequence[str], decimals: Sequence[str], *, grouped: bool) -> str:
    rounded = abs(number).quantize(Decimal(1).scaleb(-len(decimals)), rounding=ROUND_HALF_UP)
    before, _, after = f"{rounded:f}".partition(".")
    before = before.lstrip("0").rjust(whole.count("0"), "0")
    while after and decimals[len(after) - 1] != "0" and after[-1] == "0":
        after = after[:-1]
    if grouped and before:
        before = f"{int(before):,}".rjust(len(before), "0")
    return f"{before}.{after}" if after or "0" in decimals else before


def _fraction(value: float, tokens: Sequence[Token]) -> str:
    slash = tokens.index(_SLASH)
    below = "".join(text for kind, text in tokens[slash + 1 :] if kind in ("digit", "other") and text in "0123456789?#")
    number = Fraction(general(abs(value)))
    fixed = below.strip("?#")
    if fixed.strip("0"):
        part, bottom = Fraction(round(number * int(fixed)), int(fixed)), int(fixed)
    else:
        part = number.limit_denominator(10 ** max(1, len(below)) - 1)
        bottom = part.denominator
    # A whole number comes before the fraction if the format has a placeholder for it.
    first = next(at for at, token in enumerate(tokens) if _is_place(token))
    has_whole = any(token[1] == " " for token in tokens[first + 1 : slash])
    whole, rest = divmod(part, 1) if has_whole else (0, part)
    top = int(rest * bottom)
    said = " ".join([*([str(whole)] if whole else []), *([f"{top}/{bottom}"] if top else [])]) or "0"
    return ("-" if value < 0 else "") + said
