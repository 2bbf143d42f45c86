"""Symbol fonts: the characters for their codes, from the mapping tables of Unicode."""

import re
from collections.abc import Mapping

# A hexadecimal code of a character: at most four digits, and no half of a surrogate pair.
_CODE = re.compile(r"(?!d[89a-f]..)[0-9a-f]{1,4}", re.IGNORECASE)
# Programs write the codes of a symbol font as private-use characters: the first of them, and their number.
_PRIVATE, _CODES = 0xF000, 0x100


def _codes(said: str) -> dict[int, str]:
    """Parse a table; each word is a code in hexadecimal, followed by its character."""
    return {int(word[:2], 16): word[2:] for word in said.split()}


# https://www.unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt
_SYMBOL = _codes(
    """
    21! 22∀ 23# 24∃ 25% 26& 27∋ 28( 29) 2A∗ 2B+ 2C, 2D− 2E. 2F/ 300 311 322 333 344 355 366 377 388 399
    3A: 3B; 3C< 3D= 3E> 3F? 40≅ 41Α 42Β 43Χ 44Δ 45Ε 46Φ 47Γ 48Η 49Ι 4Aϑ 4BΚ 4CΛ 4DΜ 4EΝ 4FΟ 50Π 51Θ 52Ρ
    53Σ 54Τ 55Υ 56ς 57Ω 58Ξ 59Ψ 5AΖ 5B[ 5C∴ 5D] 5E⊥ 5F_ 61α 62β 63χ 64δ 65ε 66φ 67γ 68η 69ι 6Aϕ 6Bκ 6Cλ
    6Dμ 6Eν 6Fο 70π 71θ 72ρ 73σ 74τ 75υ 76ϖ 77ω 78ξ 79ψ 7Aζ 7B{ 7C| 7D} 7E∼ A0€ A1ϒ A2′ A3≤ A4⁄ A5∞ A6ƒ
    A7♣ A8♦ A9♥ AA♠ AB↔ AC← AD↑ AE→ AF↓ B0° B1± B2″ B3≥ B4× B5∝ B6∂ B7• B8÷ B9≠ BA≡ BB≈ BC… BD| BE— BF↵
    C0ℵ C1ℑ C2ℜ C3℘ C4⊗ C5⊕ C6∅ C7∩ C8∪ C9⊃ CA⊇ CB⊄ CC⊂ CD⊆ CE∈ CF∉ D0∠ D1∇ D2® D3© D4™ D5∏ D6√ D7⋅ D8¬
    D9∧ DA∨ DB⇔ DC⇐ DD⇑ DE⇒ DF⇓ E0◊ E1⟨ E2® E3© E4™ E5∑ F1⟩ F2∫
    """
)
# https://www.unicode.org/L2/L2011/11196-n4022-wingding.pdf
_WINGDINGS = _codes(
    """
    22✂ 28☎ 2A✉ 41✌ 43👍 44👎 45☜ 46☞ 47☝ 48☟ 4A☺ 4B😐 4C☹ 4D💣 4E☠ 52☼ 54❄ 6C● 6D❍ 6E■ 6F□ 71❑ 72❒ 73⬧ 74⧫
    75◆ 76❖ 77⬥ 78⌧ 7B❀ 7C✿ 80⓪ 81① 82② 83③ 84④ 85⑤ 86⑥ 87⑦ 88⑧ 89⑨ 8A⑩ 8B⓿ 8C❶ 8D❷ 8E❸ 8F❹ 90❺ 91❻ 92❼
    93❽ 94❾ 95❿ 9E· 9F• A1○ A7▪ A8◻ AB★ B6☆ D8➢ DF← E0→ E1↑ E2↓ E3↖ E4↗ E5↙ E6↘ E8➔ EF⇦ F0⇨ F1⇧ F2⇩ F3⬄
    F4⇳ FB✗ FC✓ FD☒ FE☑
    """
)
_WINGDINGS_2 = _codes("4F✗ 50✓ 51☒ 52☑ 53☒ 54☒ 97● A3□")
_WINGDINGS_3 = _codes("66← 67→ 68↑ 69↓ 70▲ 71▼ 74◀ 75▶")
_WEBDINGS = _codes("33◀ 34▶ 35▲ 36▼ 61✓ 63□ 67■ 6E● 72✗")
FONTS: Mapping[str, Mapping[int, str]] = {
    "symbol": _SYMBOL,
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "wingdings 3": _WINGDINGS_3,
    "webdings": _WEBDINGS,
}
# Bullets and arrows that programs write without their font: the codes of lists in Word and PowerPoint.
_USUAL = _codes("B7• A7▪ D8➢ FC✓ FB✗ 76❖ 6C● 6E■ 71❑ 75◆ 77⬥ A8◻ E0→ DF← F0⇨ FE☑ FD☒ 6F□")
# For `str.translate`: other private characters mean something in one font or program only, and are left out.
PRIVATE: Mapping[int, str | None] = {
    **dict.fromkeys(range(0xE000, 0xF900)),
    **{_PRIVATE + code: character for code, character in _USUAL.items()},
}


def is_symbols(font: str | None) -> bool:
    """Whether a font has symbols instead of letters."""
    return (font or "").lower() in FONTS


def symbol(code: str, font: str | None) -> str:
    """The character with a hexadecimal code in a font; empty if there is none."""
    return in_font(chr(int(code, 16)), font) if _CODE.fullmatch(code) else ""


def in_font(text: str, font: str | None, *, private_only: bool = False) -> str:
    """The text, or the characters that a symbol font shows instead; unknown codes are left out.

    With `private_only`, letters stay, because the font applies to private-use characters only.
    """
    shown = FONTS.get((font or "").lower())
    return text if shown is None else "".join(_in(shown, character, private_only) for character in text)


def _in(shown: Mapping[int, str], character: str, private_only: bool) -> str:
    code = ord(character) - (_PRIVATE if ord(character) >= _PRIVATE else 0)
    stays = code >= _CODES or character.isspace() or (private_only and code == ord(character))
    return character if stays else shown.get(code, "")
