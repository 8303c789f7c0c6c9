"""QR codes, numbered, for documents that pass by camera: on the terminal or as PNG files.

Drawn by `segno`, pure Python, which is asked for only here: `pip install 'musterd[qr]'`.
"""

import argparse
import io
import sys
from pathlib import Path

from muster.cli.arguments import Parser
from muster.cli.exits import NotInstalled
from muster.cli.output import say
from muster.errors import InputError
from muster.wire.armour import MAX_PART, PART, Kind, format_parts

_SCALE = 4  # pixels to a module
_BORDER = 4  # modules; the standard's quiet zone


def add_qr(parser: Parser) -> None:
    """`--qr` and `--png`."""
    parser.add_argument(
        "--qr", action="store_true", help="print QR codes, numbered, in place of text"
    )
    parser.add_argument(
        "--png", type=Path, metavar="PREFIX", help="write QR codes to PREFIX-1.png and so on"
    )


def require_qr(options: argparse.Namespace) -> None:
    """Before anything is done that the codes are wanted of. Errors: NotInstalled."""
    if options.qr or options.png:
        try:
            import segno  # noqa: F401
        except ImportError as error:
            raise NotInstalled("QR codes take the package segno: pip install segno") from error


def show_codes(options: argparse.Namespace, kind: Kind, document: bytes) -> bool:
    """Print or write what the options ask for; whether they asked for any.

    Errors: NotInstalled; InputError when a file cannot be written.
    """
    require_qr(options)
    if options.png:
        _write(options.png, format_parts(kind, document, length=MAX_PART))
    elif options.qr:
        _print(format_parts(kind, document, length=PART))
    return bool(options.qr or options.png)


def _print(parts: list[str]) -> None:
    import segno

    for number, part in enumerate(parts, 1):
        drawn = io.StringIO()
        code = segno.make_qr(part, error="l", boost_error=False)
        code.terminal(drawn, compact=True, border=_BORDER)
        sys.stdout.write(f"{drawn.getvalue()}\n{part.partition(':')[2].split(':')[0]}")
        sys.stdout.write(f" {number} of {len(parts)}\n\n")


def _write(prefix: Path, parts: list[str]) -> None:
    import segno

    for number, part in enumerate(parts, 1):
        path = prefix.with_name(f"{prefix.name}-{number}.png")
        code = segno.make_qr(part, error="l", boost_error=False)
        try:
            code.save(str(path), kind="png", scale=_SCALE, border=_BORDER)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from error
        say(f"{path}: {number} of {len(parts)}")
