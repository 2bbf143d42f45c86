"""Ranges of addresses in settings."""

from __future__ import annotations

from ipaddress import ip_network


def address_range(cidr: str) -> str:
    """Return `cidr` unchanged. Raises ValueError unless it is a range in the form in which Python writes it."""
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        raise ValueError(f"{cidr!r} is not a range of addresses; write one such as 10.0.0.0/16") from None
    if str(network) != cidr:
        raise ValueError(f"{cidr!r} is an address within the range {network}; write that")
    return cidr
