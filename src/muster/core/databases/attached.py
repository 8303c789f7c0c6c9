"""What is attached to a database: continuous queries and subscriptions. The rules, pure.

Texts are those of InfluxDB. Source: its services/meta/data.go.
"""

import re
from urllib.parse import urlsplit, urlunsplit

import msgspec

from muster.core.databases.databasebook import PolicyNotFound
from muster.core.databases.retention import replaced
from muster.errors import Conflict, InputError, LimitExceeded, NotFound
from muster.model.influx import ContinuousQuery, Database, RetentionPolicy, Subscription

MAX_QUERIES = 500  # per database
MAX_QUERY = 65_536  # characters of one
MAX_SUBSCRIPTIONS = 100  # per policy
MAX_DESTINATIONS = 32
MAX_URL = 2_048
MAX_NAME = 255

_SCHEMES = ("http", "https", "udp")
_MODES = ("ALL", "ANY")
_SECRETS = re.compile(r"([?&](?:p|pass|password|token|secret|api_?key)=)[^&#]*", re.IGNORECASE)
_PORT = re.compile(r".+:[0-9]{1,5}")


def with_query(database: Database, query: ContinuousQuery) -> Database:
    """CREATE CONTINUOUS QUERY. Errors: Conflict when one of its name is another; LimitExceeded."""
    for known in database.queries:
        if known.name == query.name:
            if known.query.lower() == query.query.lower():
                return database
            raise Conflict("continuous query already exists")
    _check_name(query.name, "continuous query")
    if len(query.query) > MAX_QUERY:
        raise LimitExceeded(f"a continuous query is up to {MAX_QUERY} characters", too_large=True)
    if len(database.queries) >= MAX_QUERIES:
        raise LimitExceeded(f"a database has up to {MAX_QUERIES} continuous queries")
    return msgspec.structs.replace(database, queries=(*database.queries, query))


def without_query(database: Database, name: str) -> Database:
    """DROP CONTINUOUS QUERY; one that is not there is fine, as it is with InfluxDB."""
    left = tuple(each for each in database.queries if each.name != name)
    return msgspec.structs.replace(database, queries=left)


def check_destinations(subscription: Subscription) -> None:
    """Errors: InputError for a URL that nothing can be sent to, or for too many of them."""
    if subscription.mode not in _MODES:
        raise InputError(f"a subscription's mode is ALL or ANY, not {subscription.mode[:9]!r}")
    if not 1 <= len(subscription.destinations) <= MAX_DESTINATIONS:
        raise InputError(f"a subscription has 1 to {MAX_DESTINATIONS} destinations")
    for url in subscription.destinations:
        if len(url) > MAX_URL or not _can_be_sent_to(url):
            raise InputError(f"invalid subscription URL: {without_secret(url)[:MAX_URL]}")


def with_subscription(database: Database, policy: str, subscription: Subscription) -> Database:
    """CREATE SUBSCRIPTION. Errors: PolicyNotFound; Conflict for a taken name; LimitExceeded."""
    known = _policy(database, policy)
    if any(each.name == subscription.name for each in known.subscriptions):
        raise Conflict("subscription already exists")
    _check_name(subscription.name, "subscription")
    if len(known.subscriptions) >= MAX_SUBSCRIPTIONS:
        raise LimitExceeded(f"a retention policy has up to {MAX_SUBSCRIPTIONS} subscriptions")
    return _with(database, known, (*known.subscriptions, subscription))


def without_subscription(database: Database, policy: str, name: str) -> Database:
    """DROP SUBSCRIPTION. Errors: PolicyNotFound, NotFound."""
    known = _policy(database, policy)
    left = tuple(each for each in known.subscriptions if each.name != name)
    if left == known.subscriptions:
        raise NotFound("subscription not found")
    return _with(database, known, left)


def without_secret(url: str) -> str:
    """A URL as it may be shown: passwords and tokens in it are left out."""
    url = _SECRETS.sub(r"\1[REDACTED]", url)
    try:
        parts = urlsplit(url)
        secret = parts.password
    except ValueError:
        return re.sub(r"//[^/]*@", "//[REDACTED]@", url)
    if secret is None:
        return url
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{name}:[REDACTED]@{host}"))


def _can_be_sent_to(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.netloc.rpartition("@")[2]
    bracketed = host.startswith("[") or ":" not in host.rpartition(":")[0]
    return (
        parts.scheme in _SCHEMES
        and bool(port)
        and bracketed
        and url.isprintable()
        and " " not in host
        and _PORT.fullmatch(host) is not None
    )


def _policy(database: Database, name: str) -> RetentionPolicy:
    policy = database.policy(name) if name else None
    if policy is None:
        raise PolicyNotFound(name)
    return policy


def _with(
    database: Database, policy: RetentionPolicy, subscriptions: tuple[Subscription, ...]
) -> Database:
    changed = msgspec.structs.replace(policy, subscriptions=subscriptions)
    return msgspec.structs.replace(database, policies=replaced(database, changed))


def _check_name(name: str, what: str) -> None:
    if not name or not name.isprintable() or len(name) > MAX_NAME:
        raise InputError(f"name of a {what} is 1 to {MAX_NAME} characters that print")
