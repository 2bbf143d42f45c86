"""Reads a settings file into a checked model; each error is one sentence that begins with the file's name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from settings import SettingError
from settings.document import NotYamlError, read
from settings.sentence import sentence

Model = TypeVar("Model", bound=BaseModel)
# The byte order marks of UTF-16, as Windows writes them; without a mark UTF-16 cannot be recognised.
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def load_file(
    file: Path,
    shown: str,
    model: type[Model],
    *,
    first: str,
    empty: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
) -> Model:
    """The settings in `file` as a `model`, together with the settings in `given`, which the file must not contain.

    `first` and `empty` are those of `settings.document.read`. Raises SettingError, whose sentence begins with `shown`.
    """
    try:
        text = _text(file)
        settings: Model = _model(text, model, first, tuple((empty or {}).items()), tuple((given or {}).items()))
        return settings
    except NotYamlError as fault:
        raise SettingError(f"{shown} is not YAML{fault}.") from None
    except OSError as fault:
        raise SettingError(f"{shown} cannot be read ({fault.strerror}): make it a file that you may read.") from None
    except ValidationError as fault:
        raise SettingError(f"{shown}: {sentence(fault, model)}.") from None
    except ValueError as fault:
        raise SettingError(f"{shown}: {fault}.") from None


# This is cached because a command reads its environment's file several times.
@lru_cache(maxsize=8)
def _model(
    text: str, model: type[Model], first: str, empty: tuple[tuple[str, str], ...], given: tuple[tuple[str, Any], ...]
) -> Model:
    settings = read(text, first=first, empty=dict(empty))
    for name, _ in given:
        if name in settings:
            raise ValueError(f"{name} is not a setting: the file's name is the environment's; remove the line")
    return model.model_validate({**settings, **dict(given)})


def _text(file: Path) -> str:
    content = file.read_bytes()
    if content.startswith(_UTF16):
        raise ValueError("is UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise ValueError(f"is not UTF-8 from byte {fault.start} on; save it as UTF-8") from None
