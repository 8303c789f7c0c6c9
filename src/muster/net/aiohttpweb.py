"""aiohttp's server, imported without what that does for others: 0.2 s of a processor at each start.

It reads the CAs that the machine trusts, for a client that nobody here has, and the machine's
names for kinds of files, which are not served with it. What is there instead is a client that
trusts nobody, and the names that Python knows.

Everybody has aiohttp from here, for the first import decides.
Source: SSL_CTX_set_default_verify_paths(3), for the variables.
"""

import mimetypes
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _nothing_of_the_machine() -> Iterator[None]:
    names, mimetypes.knownfiles = mimetypes.knownfiles, []
    paths = {name: os.environ.pop(name, None) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    os.environ.update(dict.fromkeys(paths, os.devnull))
    try:
        yield
    finally:
        mimetypes.knownfiles = names
        for name, path in paths.items():
            del os.environ[name]
            if path is not None:
                os.environ[name] = path


with _nothing_of_the_machine():
    from aiohttp import WebSocketError as WebSocketError
    from aiohttp import WSMsgType as WSMsgType
    from aiohttp import web as web
    from aiohttp.http_exceptions import HttpProcessingError as HttpProcessingError
