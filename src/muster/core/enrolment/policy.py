"""Policies: which claims are let in, refused or put before an admin. The first rule that fits.

Pure: a text becomes a Policy, a Case becomes a Verdict. Where the file lies and when it is
read again is the hub's affair (hub/assembly/policyfile.py); `muster policy` reads one for itself.
Cases to try a policy with are in policycases.py.

Source: docs/guide/approvals.md
"""

import tomllib
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import msgspec

from muster.core.enrolment.evidence import EVIDENCE_NAMES, FULL_SCORE
from muster.core.names import check_text
from muster.core.nodes.rules import Traits, check_rule, fitter
from muster.errors import InputError, SettingsError
from muster.model.approval import Kind
from muster.model.inventory import RoomRule

MAX_RULES = 500
MAX_TEXT = 1 << 20
_MAX_LIST = 64
_MAX_WORDS = 200

T = TypeVar("T")
Words = str | tuple[str, ...]


class Verdict(StrEnum):
    """What a policy says of a claim."""

    APPROVE = "approve"
    DENY = "deny"
    ASK = "ask"  # an admin decides


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What rules look at. `rooms` are names, `evidence` those of core/enrolment/evidence.py."""

    host: str = ""
    address: str = ""
    labels: dict[str, str] = {}  # of the token
    rooms: tuple[str, ...] = ()
    token: str = ""
    space: str = ""  # its name
    kind: Kind = Kind.CLAIM
    evidence: tuple[str, ...] = ()
    score: int = 0


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A Verdict and where it comes from; `rule` is empty when none fitted."""

    verdict: Verdict
    rule: str = ""
    reason: str = ""


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[rule]] of a policy file: all conditions must fit; of a list, one (of `evidence`, all)."""

    action: Verdict
    name: str = ""
    reason: str = ""
    network: Words = ()
    label: dict[str, str] = {}
    host: Words = ()
    evidence: Words = ()
    score: int = 0  # at least
    kind: Kind | tuple[Kind, ...] = ()
    room: Words = ()
    token: Words = ()
    space: Words = ()


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rule: tuple[_Rule, ...] = ()
    default: Verdict = Verdict.ASK


class _Compiled(msgspec.Struct, frozen=True):
    fits: Callable[[Case], bool]
    decision: Decision


class Policy:
    """Rules, ready to be asked. Made by `parse_policy`."""

    def __init__(self, rules: tuple[_Compiled, ...], default: Verdict) -> None:
        self._rules = rules
        self._default = Decision(verdict=default, reason="no rule of the policy fits")

    def __len__(self) -> int:
        return len(self._rules)

    def decide(self, case: Case) -> Decision:
        """What the first rule that fits says, else the default."""
        for rule in self._rules:
            if rule.fits(case):
                return rule.decision
        return self._default


class PolicyInForce(msgspec.Struct, frozen=True, kw_only=True):
    """The policy that counts, and the file that it was read from; all empty: there is none."""

    file: str = ""
    text: str = ""
    policy: Policy | None = None
    fault: str = ""  # what is wrong with the file of now, where an older one is in force


def parse_policy(text: str, source: str = "policy") -> Policy:
    """Read a policy file. Errors: SettingsError naming file and rule."""
    file = read_toml(text, source, _File)
    if len(file.rule) > MAX_RULES:
        raise SettingsError(f"up to {MAX_RULES} rules, not {len(file.rule)}", source)
    compiled = []
    for number, rule in enumerate(file.rule, 1):
        name = rule.name or f"rule {number}"
        try:
            compiled.append(_compile(rule, name))
        except InputError as error:
            raise SettingsError(str(error), source, name) from error
    return Policy(tuple(compiled), file.default)


def read_toml(text: str, source: str, kind: type[T]) -> T:
    """A struct out of a text that people write. Errors: SettingsError."""
    if len(text) > MAX_TEXT:
        raise SettingsError(f"longer than {MAX_TEXT} characters", source)
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"not TOML: {error}", source) from error
    except msgspec.ValidationError as error:
        raise SettingsError(str(error), source) from error


def _compile(rule: _Rule, name: str) -> _Compiled:
    """A rule without conditions fits everything. Errors: InputError."""
    check_text(name, _MAX_WORDS, "name")
    check_text(rule.reason, _MAX_WORDS, "reason")
    if not 0 <= rule.score <= FULL_SCORE:
        raise InputError(f"score is 0 to {FULL_SCORE}, not {rule.score}")
    wanted = frozenset(_words(rule.evidence))
    if unknown := sorted(wanted - EVIDENCE_NAMES):
        known = ", ".join(sorted(EVIDENCE_NAMES))
        raise InputError(f"no such evidence: {unknown[0][:40]!r}; there are {known}")
    place = check_rule(
        RoomRule(labels=rule.label, hosts=_words(rule.host), networks=_words(rule.network))
    )
    is_placed = bool(place.labels or place.hosts or place.networks)
    lies_there = fitter(place)
    kinds = (rule.kind,) if isinstance(rule.kind, Kind) else rule.kind
    rooms, tokens, spaces = (set(_words(each)) for each in (rule.room, rule.token, rule.space))

    def fits(case: Case) -> bool:
        return (
            (not is_placed or lies_there(Traits(case.labels, case.host, case.address)))
            and (not kinds or case.kind in kinds)
            and (not rooms or not rooms.isdisjoint(case.rooms))
            and (not tokens or case.token in tokens)
            and (not spaces or case.space in spaces)
            and wanted <= frozenset(case.evidence)
            and case.score >= rule.score
        )

    return _Compiled(fits, Decision(verdict=rule.action, rule=name, reason=rule.reason))


def _words(words: Words) -> tuple[str, ...]:
    listed = (words,) if isinstance(words, str) else words
    if len(listed) > _MAX_LIST:
        raise InputError(f"a condition lists up to {_MAX_LIST}, not {len(listed)}")
    return listed
