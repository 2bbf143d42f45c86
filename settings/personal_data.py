"""The kinds of personal data that can be found without a model."""

from __future__ import annotations

from typing import Literal

PersonalData = Literal["email", "phone", "card", "iban", "ip"]
