"""Numbers in the letters and signs that lists use."""

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_ONES = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
# A number beyond this is written in digits, as browsers do for Roman numbers.
MOST = 3999
_LETTERS = 26
# Lists of Russian leave out the letters that begin no word, or that look like others.
RUSSIAN = "абвгдежзиклмнопрстуфхцчшщэюя"
_CHINESE, _UNITS = "零一二三四五六七八九", ((1000, "千"), (100, "百"), (10, "十"))
# The numbers from 1 to 20 in circles are successive characters.
_CIRCLED, _LAST_CIRCLED = 0x2460, 20


def roman(number: int) -> str:
    """A number from 1 to MOST."""
    said = ""
    for value, letters in (*_ROMAN, *_ROMAN_ONES):
        said += letters * (number // value)
        number %= value
    return said


def lettered(number: int) -> str:
    """The letters a to z, then aa, ab and so on."""
    said = ""
    while number > 0:
        number, last = divmod(number - 1, _LETTERS)
        said = chr(ord("a") + last) + said
    return said


def repeated(number: int, letters: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    """The letters, then each of them twice, three times and so on, as Word counts: z, aa, bb."""
    times, at = divmod(number - 1, len(letters))
    return letters[at] * (times + 1)


def chinese(number: int) -> str:
    """A number from 1 to 9,999 as Chinese counts: 十二, 一百零三."""
    said, rest = "", number
    for unit, sign in _UNITS:
        digit, rest = divmod(rest, unit)
        if digit:
            said += _CHINESE[digit] + sign
        elif said and rest and not said.endswith("零"):
            said += "零"
    said += _CHINESE[rest] if rest else ""
    return said[1:] if 10 <= number < 20 else said


def circled(number: int) -> str:
    """A number from 1 to 20 in a circle; a greater one in digits."""
    return chr(_CIRCLED + number - 1) if 0 < number <= _LAST_CIRCLED else str(number)
