"""The web UI's files, out of the package.

Names with a hash in them never change and are kept by browsers for a year; the page itself
is asked for each time. Whatever is no file and looks like none is a view of the page, which
finds its way by the URL. Only names that were there at the start are ever looked up.
Behind a reverse proxy the page may be seen under a path prefix. The page alone names files from
the root, and says in a `meta` where the root is; both get the prefix here. No `<base>` is needed,
which the policy of all pages forbids.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from muster.errors import NotFound, Unavailable
from muster.net.http import Public, Request, Response, Route

FOLDER = Path(__file__).with_name("static")
INDEX = "index.html"

_HASHED = re.compile(r"assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+")
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))  # best first
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


class _File(msgspec.Struct, frozen=True):
    bodies: Mapping[str, bytes]  # by content encoding, "" for none
    etag: str
    content_type: str
    immutable: bool


class Assets:
    """Serves a folder of built files. `load` reads them all, once."""

    def __init__(self, folder: Path = FOLDER, *, prefix: str = "") -> None:
        self._folder = folder
        self._prefix = prefix
        self._files: dict[str, _File] = {}

    def load(self) -> None:
        """Read the folder; blocks. A folder that is not there leaves nothing to serve."""
        ends = tuple(end for _, end in _ENCODINGS)
        for path in sorted(self._folder.rglob("*")):
            if path.is_file() and not path.name.endswith(ends):
                name = path.relative_to(self._folder).as_posix()
                self._files[name] = _read(path, name)
        if self._prefix and INDEX in self._files:
            self._files[INDEX] = _under(self._prefix, self._files[INDEX])

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/{path...}",
                allow=Public.ASSET,
                handler=self.serve,
                summary="The web UI",
            )
        ]

    async def serve(self, request: Request) -> Response:
        """A file, or the page for any view. Errors: NotFound, Unavailable."""
        path = request.match["path"]
        if path.startswith(("api/", "v1/")):
            raise NotFound(f"nothing at {request.path[:80]!r}")
        file = self._files.get(path) or self._page(path)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable"
            if file.immutable
            else "no-cache",
            "ETag": file.etag,
            "Vary": "Accept-Encoding",
        }
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status=304, content_type=file.content_type, headers=headers)
        encoding = _choose(request.headers.get("accept-encoding", ""), file)
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(body=file.bodies[encoding], content_type=file.content_type, headers=headers)

    def _page(self, path: str) -> _File:
        if "." in path.rpartition("/")[2]:
            raise NotFound(f"no such file: {path[:80]!r}")
        if INDEX not in self._files:
            raise Unavailable("this hub was installed without its web pages; build them with ./run")
        return self._files[INDEX]


def _read(path: Path, name: str) -> _File:
    plain = path.read_bytes()
    bodies = {"": plain}
    for encoding, end in _ENCODINGS:
        packed = path.with_name(path.name + end)
        if packed.is_file():
            bodies[encoding] = packed.read_bytes()
    return _File(
        bodies=bodies,
        etag=_etag(plain),
        content_type=_TYPES.get(path.suffix, "application/octet-stream"),
        immutable=bool(_HASHED.fullmatch(name)),
    )


def _under(prefix: str, page: _File) -> _File:
    """The page with each address from the root put under a prefix."""
    plain = page.bodies[""].replace(b'="/', b'="' + prefix.encode() + b"/")
    return _File(
        bodies={"": plain, "gzip": gzip.compress(plain, 9, mtime=0)},
        etag=_etag(plain),
        content_type=page.content_type,
        immutable=False,
    )


def _etag(plain: bytes) -> str:
    return f'"{hashlib.sha256(plain).hexdigest()[:24]}"'


def _choose(accepted: str, file: _File) -> str:
    """The best content encoding both sides have; "" for none."""
    wanted = set()
    for part in accepted.lower().split(","):
        name, _, quality = part.strip().partition(";q=")
        if quality not in ("0", "0.0", "0.00", "0.000"):
            wanted.add(name)
    return next((name for name, _ in _ENCODINGS if name in wanted and name in file.bodies), "")
