"""Whom a TLS connection trusts: chain, dates and the host's name or address, as Python itself checks them."""

import ssl
from functools import lru_cache
from pathlib import Path


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """The context that trusts the authorities of a PEM file, or the machine's.

    Raises `OSError` when the file cannot be read as certificates.
    """
    return _made(ca_file, Path(ca_file).stat().st_mtime_ns if ca_file else 0)


@lru_cache(maxsize=8)
def _made(ca_file: str | None, _changed: int) -> ssl.SSLContext:
    """Made once: reading the machine's authorities takes 20 ms of CPU, and a leaver ten connections."""
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
