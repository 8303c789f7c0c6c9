"""The policy file and the files with keys for evidence, read when they change.

A file that cannot be read or is wrong ends a start; while the hub runs the policy of before
stays in force and the log says what is wrong with the new one.
"""

import logging
from pathlib import Path

import msgspec

from muster.core.enrolment.evidence import Evidences, EvidenceSettings, TrustedKeys
from muster.core.enrolment.policy import MAX_TEXT, Policy, PolicyInForce, parse_policy
from muster.errors import InputError, SettingsError

log = logging.getLogger(__name__)

_MAX_KEYS_BYTES = 1 << 20

_Stamp = tuple[int, int, int]


class PolicyFile:
    """Call it for the policy in force; None without a file. Any thread may."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._in_force = PolicyInForce(file=str(file or ""))
        self._stamp: _Stamp | None = None

    def load(self) -> None:
        """Read it for the first time. Errors: SettingsError."""
        if self._file is not None:
            stamp = _stamp_of(self._file)
            self._in_force, self._stamp = _read(self._file), stamp

    def __call__(self) -> Policy | None:
        return self.in_force().policy

    def in_force(self) -> PolicyInForce:
        """The policy with its text, and what is wrong with a newer one."""
        if self._file is None:
            return self._in_force
        stamp = _stamp_of(self._file)
        if stamp != self._stamp:
            self._stamp = stamp  # first, so that what is wrong is told once
            try:
                self._in_force = _read(self._file)
                rules = len(self._in_force.policy or ())
                log.info("policy read", extra={"file": str(self._file), "rules": rules})
            except SettingsError as error:
                self._in_force = msgspec.structs.replace(self._in_force, fault=str(error))
                told = {"error": str(error)}
                log.warning("policy cannot be read; the one before stays in force", extra=told)
        return self._in_force


def _read(file: Path) -> PolicyInForce:
    text = read_text(file, MAX_TEXT)
    return PolicyInForce(file=str(file), text=text, policy=parse_policy(text, str(file)))


def read_policy(file: Path) -> Policy:
    """Errors: SettingsError naming file and rule."""
    return parse_policy(read_text(file, MAX_TEXT), str(file))


def read_evidences(settings: EvidenceSettings) -> Evidences:
    """What weighs evidence, with the files its settings name. Errors: SettingsError."""
    texts = {
        name: read_text(file, _MAX_KEYS_BYTES) if (file := getattr(settings, name)) else ""
        for name in ("known_hosts", "aws_certificates", "gcp_keys")
    }
    try:
        return Evidences(TrustedKeys(**texts))
    except InputError as error:
        raise SettingsError(str(error), key="evidence") from error


def read_text(file: Path, most: int) -> str:
    """A text of bounded length. Errors: SettingsError."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(most + 1)
        if len(raw) > most:
            raise SettingsError(f"longer than {most} bytes", str(file))
        return raw.decode("utf-8")
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", str(file)) from error
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8", str(file)) from error


def _stamp_of(file: Path) -> _Stamp | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)
