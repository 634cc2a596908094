"""Whom a TLS connection trusts: chain, dates and the host's name or address, as Python itself checks them."""

import ssl
from functools import lru_cache
from pathlib import Path

import certifi


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """The context that trusts the authorities of a PEM file alone; without one the machine's and the public ones.

    The machine's are those that OpenSSL finds, so `SSL_CERT_FILE` and `SSL_CERT_DIR` count. The public ones come
    along because some machines have none of their own.

    Raises `OSError` when the file cannot be read as certificates.
    """
    return _made(ca_file, Path(ca_file).stat().st_mtime_ns if ca_file else 0)


@lru_cache(maxsize=8)
def _made(ca_file: str | None, _changed: int) -> ssl.SSLContext:
    """Made once: reading the public authorities takes 20 ms of CPU, and a leaver ten connections."""
    context = ssl.create_default_context(cafile=ca_file)
    if ca_file is None:
        context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # From 3.13 on Python is strict about how an authority writes its certificates, and takes one that stands in
    # between for the end of a chain. A newer Python must not lock us out of a directory on somebody's last day.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
