"""Whom a client trusts that speaks to servers of others: one place for the whole of Muster.

The hub's own links are another matter: net/tls.py
"""

import ssl
from pathlib import Path

from muster.errors import SettingsError


def public_context(ca_file: str | Path | None) -> ssl.SSLContext:
    """A client's context for servers of others: the system's trust, or that of a PEM file.

    Errors: SettingsError that names the file.
    """
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        text = f"this CA file cannot be used for TLS: {error}"
        raise SettingsError(text, str(ca_file or "")) from error
