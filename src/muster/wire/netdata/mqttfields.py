"""Fields and properties of MQTT 5 packets, and the reasons that its peers give each other.

Source: OASIS MQTT 5.0, sections 1.5 (data types), 2.2.2 (properties), 2.4 (reasons)
"""

from collections.abc import Mapping
from enum import IntEnum

from muster.errors import ProtocolError

MAX_VARIABLE = (1 << 28) - 1
MAX_TEXT = 65_535
MAX_USER_PROPERTIES = 64


class Reason(IntEnum):
    """What a packet ends in. From 0x80 on it failed."""

    SUCCESS = 0x00
    GRANTED_QOS_1 = 0x01
    DISCONNECT_WITH_WILL = 0x04
    UNSPECIFIED = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    UNSUPPORTED_VERSION = 0x84
    BAD_CLIENT_ID = 0x85
    BAD_CREDENTIALS = 0x86
    NOT_AUTHORIZED = 0x87
    UNAVAILABLE = 0x88
    BUSY = 0x89
    BANNED = 0x8A
    TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    RATE_TOO_HIGH = 0x96
    QUOTA_EXCEEDED = 0x97
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B


class MqttError(ProtocolError):
    """Bytes that are no MQTT, or packets out of their order; the connection is of no more use."""

    code = "mqtt_error"

    def __init__(
        self, text: str, reason: Reason = Reason.MALFORMED_PACKET, offset: int = 0
    ) -> None:
        super().__init__(text, offset)
        self.reason = reason


class Property(IntEnum):
    PAYLOAD_FORMAT = 1
    MESSAGE_EXPIRY = 2
    CONTENT_TYPE = 3
    RESPONSE_TOPIC = 8
    CORRELATION_DATA = 9
    SUBSCRIPTION_ID = 11
    SESSION_EXPIRY = 17
    ASSIGNED_CLIENT_ID = 18
    SERVER_KEEP_ALIVE = 19
    AUTHENTICATION_METHOD = 21
    AUTHENTICATION_DATA = 22
    REQUEST_PROBLEM_INFO = 23
    WILL_DELAY = 24
    REQUEST_RESPONSE_INFO = 25
    RESPONSE_INFO = 26
    SERVER_REFERENCE = 28
    REASON_STRING = 31
    RECEIVE_MAXIMUM = 33
    TOPIC_ALIAS_MAXIMUM = 34
    TOPIC_ALIAS = 35
    MAXIMUM_QOS = 36
    RETAIN_AVAILABLE = 37
    USER = 38
    MAXIMUM_PACKET_SIZE = 39
    WILDCARD_AVAILABLE = 40
    SUBSCRIPTION_ID_AVAILABLE = 41
    SHARED_AVAILABLE = 42


Pairs = tuple[tuple[str, str], ...]  # of USER alone, which may come several times
Allowed = frozenset[Property]
Properties = Mapping[Property, int | str | bytes | Pairs]

# What a value looks like: bytes of a number, or what stands here.
_VARIABLE, _TEXT, _BINARY, _PAIR = "variable", "text", "binary", "pair"
_FORM: dict[Property, int | str] = {
    **dict.fromkeys(
        (
            Property.PAYLOAD_FORMAT,
            Property.REQUEST_PROBLEM_INFO,
            Property.REQUEST_RESPONSE_INFO,
            Property.MAXIMUM_QOS,
            Property.RETAIN_AVAILABLE,
            Property.WILDCARD_AVAILABLE,
            Property.SUBSCRIPTION_ID_AVAILABLE,
            Property.SHARED_AVAILABLE,
        ),
        1,
    ),
    **dict.fromkeys(
        (
            Property.SERVER_KEEP_ALIVE,
            Property.RECEIVE_MAXIMUM,
            Property.TOPIC_ALIAS_MAXIMUM,
            Property.TOPIC_ALIAS,
        ),
        2,
    ),
    **dict.fromkeys(
        (
            Property.MESSAGE_EXPIRY,
            Property.SESSION_EXPIRY,
            Property.WILL_DELAY,
            Property.MAXIMUM_PACKET_SIZE,
        ),
        4,
    ),
    Property.SUBSCRIPTION_ID: _VARIABLE,
    Property.CORRELATION_DATA: _BINARY,
    Property.AUTHENTICATION_DATA: _BINARY,
    Property.USER: _PAIR,
}  # the others are text

# Which of them have a place where.
ACK_PROPERTIES = frozenset({Property.REASON_STRING, Property.USER})
_MESSAGE_PROPERTIES = frozenset(
    {
        Property.PAYLOAD_FORMAT,
        Property.MESSAGE_EXPIRY,
        Property.CONTENT_TYPE,
        Property.RESPONSE_TOPIC,
        Property.CORRELATION_DATA,
        Property.USER,
    }
)
WILL_PROPERTIES = _MESSAGE_PROPERTIES | {Property.WILL_DELAY}
PUBLISH_PROPERTIES = _MESSAGE_PROPERTIES | {Property.SUBSCRIPTION_ID, Property.TOPIC_ALIAS}
SUBSCRIBE_PROPERTIES = frozenset({Property.SUBSCRIPTION_ID, Property.USER})
DISCONNECT_PROPERTIES = ACK_PROPERTIES | {Property.SESSION_EXPIRY, Property.SERVER_REFERENCE}
_BOTH_PROPERTIES = frozenset(
    {
        Property.SESSION_EXPIRY,
        Property.AUTHENTICATION_METHOD,
        Property.AUTHENTICATION_DATA,
        Property.RECEIVE_MAXIMUM,
        Property.TOPIC_ALIAS_MAXIMUM,
        Property.MAXIMUM_PACKET_SIZE,
        Property.USER,
    }
)
CONNECT_PROPERTIES = _BOTH_PROPERTIES | {
    Property.REQUEST_PROBLEM_INFO,
    Property.REQUEST_RESPONSE_INFO,
}
CONNACK_PROPERTIES = _BOTH_PROPERTIES | {
    Property.ASSIGNED_CLIENT_ID,
    Property.SERVER_KEEP_ALIVE,
    Property.RESPONSE_INFO,
    Property.SERVER_REFERENCE,
    Property.REASON_STRING,
    Property.MAXIMUM_QOS,
    Property.RETAIN_AVAILABLE,
    Property.WILDCARD_AVAILABLE,
    Property.SUBSCRIPTION_ID_AVAILABLE,
    Property.SHARED_AVAILABLE,
}


class FieldReader:
    """A place in a packet's body that moves forward; every step is checked."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, size: int) -> bytes:
        at, end = self.at, self.at + size
        if end > len(self.data):
            raise MqttError(f"the packet ends inside a field of {size} bytes", offset=at)
        self.at = end
        return self.data[at:end]

    def rest(self) -> bytes:
        return self.take(self.left)

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def variable(self) -> int:
        """A number of one to four bytes, seven bits each, the lowest first."""
        number = 0
        for place in range(4):
            byte = self.number(1)
            number |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return number
        raise MqttError("a number has more than four bytes", offset=self.at)

    def binary(self) -> bytes:
        return self.take(self.number(2))

    def text(self) -> str:
        at = self.at
        try:
            text = self.binary().decode()
        except UnicodeDecodeError as error:
            raise MqttError("a text is not UTF-8", offset=at) from error
        if "\0" in text:
            raise MqttError("a text holds a NUL", offset=at)
        return text

    def properties(self, allowed: Allowed) -> Properties:
        """The properties that stand here, with their length before them."""
        size = self.variable()
        inner = FieldReader(self.take(size))
        found: dict[Property, int | str | bytes | Pairs] = {}
        pairs: list[tuple[str, str]] = []
        while inner.left:
            property = inner._property(allowed)
            if property is Property.USER:
                pairs.append((inner.text(), inner.text()))
                if len(pairs) > MAX_USER_PROPERTIES:
                    raise MqttError(
                        f"more than {MAX_USER_PROPERTIES} user properties", Reason.QUOTA_EXCEEDED
                    )
            elif property in found:
                raise MqttError(f"{property.name} comes twice", Reason.PROTOCOL_ERROR)
            else:
                found[property] = inner._value(_FORM.get(property, _TEXT))
        return {**found, Property.USER: tuple(pairs)} if pairs else found

    def _property(self, allowed: Allowed) -> Property:
        number = self.variable()
        try:
            property = Property(number)
        except ValueError as error:
            raise MqttError(f"no such property: {number}") from error
        if property not in allowed:
            raise MqttError(f"{property.name} has no place here", Reason.PROTOCOL_ERROR)
        return property

    def _value(self, form: int | str) -> int | str | bytes:
        if isinstance(form, int):
            return self.number(form)
        if form == _VARIABLE:
            return self.variable()
        return self.binary() if form == _BINARY else self.text()

    def end(self) -> None:
        """Errors: MqttError unless everything was read."""
        if self.left:
            raise MqttError(f"{self.left} bytes too many in a packet", offset=self.at)


def variable(number: int) -> bytes:
    """Errors: MqttError above 28 bits."""
    if not 0 <= number <= MAX_VARIABLE:
        raise MqttError(f"{number} does not fit into four bytes", Reason.PACKET_TOO_LARGE)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def number(value: int, width: int) -> bytes:
    try:
        return value.to_bytes(width, "big")
    except OverflowError as error:
        raise MqttError(f"{value} does not fit into {width} bytes") from error


def binary(data: bytes) -> bytes:
    if len(data) > MAX_TEXT:
        raise MqttError(f"a field of {len(data)} bytes where at most {MAX_TEXT} go")
    return number(len(data), 2) + data


def text(value: str) -> bytes:
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise MqttError("a text is no Unicode") from error
    if b"\0" in data:
        raise MqttError("a text holds a NUL")
    return binary(data)


def properties(values: Properties) -> bytes:
    """Properties with their length before them."""
    out = bytearray()
    for property, value in values.items():
        pairs = value if isinstance(value, tuple) else ()
        for key, each in pairs:
            out += variable(property) + text(key) + text(each)
        if not isinstance(value, tuple):
            out += variable(property) + _value(property, value)
    return variable(len(out)) + bytes(out)


def _value(property: Property, value: int | str | bytes) -> bytes:
    form = _FORM.get(property, _TEXT)
    if isinstance(value, int) and isinstance(form, int):
        return number(value, form)
    if isinstance(value, int) and form == _VARIABLE:
        return variable(value)
    if isinstance(value, bytes) and form == _BINARY:
        return binary(value)
    if isinstance(value, str) and form == _TEXT:
        return text(value)
    raise MqttError(f"{property.name} cannot be {value!r}")
