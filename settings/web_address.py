"""Web addresses in settings: `https://host`, with a port if it is not the default."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

MOST_PORT = 65_535


def _port_exists(address: str) -> str:
    port = address.removeprefix("https://").partition(":")[2]
    if port and not 0 < int(port) <= MOST_PORT:
        raise ValueError(f"{address} has a port that does not exist; use one from 1 to {MOST_PORT}")
    return address


HOST = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
# A browser writes the host of an origin in lower case.
WebAddress = Annotated[str, Field(pattern=rf"^https://{HOST}(:[0-9]{{1,5}})?$"), AfterValidator(_port_exists)]
Origin = Annotated[
    str, Field(pattern=rf"^https://{HOST.replace('A-Z', '')}(:[0-9]{{1,5}})?$"), AfterValidator(_port_exists)
]
