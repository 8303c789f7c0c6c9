"""The error tree. `code` is stable and documented; the text is for people: what, where, what to do.

Messages start in lower case, end without a full stop and quote the offending value.
Anything outside this tree is a bug: traceback in the log, 500 with a reference to the caller.
"""


class MusterError(Exception):
    """Something a person can act upon."""

    code = "error"
    status = 500  # the HTTP status it becomes; each face renders it in its own body


class InputError(MusterError):
    """What came in is not what was expected; nothing was changed."""

    code = "bad_input"
    status = 400


class ProtocolError(InputError):
    """Bytes that break a wire format or its order of messages."""

    code = "protocol_error"

    def __init__(self, text: str, offset: int = 0) -> None:
        super().__init__(f"{text} (at byte {offset})" if offset else text)
        self.offset = offset


class SettingsError(InputError):
    """A setting that cannot be used; the old configuration stays in force."""

    code = "bad_setting"

    def __init__(self, text: str, file: str = "", key: str = "") -> None:
        place = ": ".join(part for part in (file, key) if part)
        super().__init__(f"{place}: {text}" if place else text)
        self.file = file
        self.key = key


class Unauthenticated(MusterError):
    """Who is asking is not known."""

    code = "unauthenticated"
    status = 401


class Denied(MusterError):
    """Who is asking is known and may not."""

    code = "denied"
    status = 403


class SecondFactorRequired(Denied):
    """The session is begun and lacks its second factor: a passkey, shown or yet to be made."""

    code = "second_factor_required"


class FirstPasskeyRequired(SecondFactorRequired):
    """There is no passkey yet to show; the session may make the first one."""

    code = "first_passkey_required"


class StepUpRequired(Denied):
    """What is asked for is dangerous; who is asking has to show a passkey again."""

    code = "step_up_required"


class SignInAgain(Denied):
    """What is asked for takes a sign-in of minutes ago, and there is no passkey to show instead."""

    code = "sign_in_again"


class NotFound(MusterError):
    code = "not_found"
    status = 404


class Conflict(MusterError):
    """It is already so, or somebody else was first."""

    code = "conflict"
    status = 409


class LimitExceeded(MusterError):
    """Too much, too long or too often; `too_large` chooses 413 over 429."""

    code = "limit_exceeded"

    def __init__(self, text: str, *, too_large: bool = False, retry_after_s: float = 0.0) -> None:
        super().__init__(text)
        self.status = 413 if too_large else 429
        self.retry_after_s = retry_after_s


class Unavailable(MusterError):
    """A store, peer or disk is away; trying later may help."""

    code = "unavailable"
    status = 503

    def __init__(self, text: str, retry_after_s: float = 1.0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Starting(Unavailable):
    """The hub has begun to run and has not yet found all it knows."""

    code = "starting"


def cause_of(error: BaseException) -> BaseException:
    """What a group of errors comes down to: a bug before a refusal before a lost peer."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    return min((cause_of(each) for each in error.exceptions), key=_harmlessness)


def _harmlessness(error: BaseException) -> int:
    return isinstance(error, MusterError) + 2 * isinstance(error, ConnectionError)
