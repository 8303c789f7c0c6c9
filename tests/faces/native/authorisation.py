"""What the test of authorisation has to know of each route.

A route that is not here fails the test: add one line for it. `kind` is what its path names
(MAKERS in test_authorisation.py makes one), `body` works at home, `foreign` are bodies that
name an object of another space. "home:room" and "away:room" stand for ids, "a new name"
for one that is free.
"""

import msgspec

from muster.net.http import Public

DONE = (200, 201, 204)
GOOD = "a good password"
PING = {"kind": "ping", "url": "host.example"}
HOUR = {"from_ns": 10**9, "to_ns": 3601 * 10**9}


class Case(msgspec.Struct, frozen=True, kw_only=True):
    kind: str = ""
    body: dict | None = None
    foreign: tuple[dict, ...] = ()
    done: tuple[int, ...] = DONE  # what answers who may
    by_person: bool = False  # refused to API tokens
    by_admins_token: bool = False  # but not to an admin's
    of_person: bool = False  # one's own: the operator has none
    by_operator: bool = False  # refused to all but the operator
    listed: str = ""  # the kind whose ids its answer lists
    by_space: bool = False  # takes ?space=
    of_hub: bool = False  # its object is of no space


CASES = {
    # people
    "POST /api/v1/session/password": Case(
        body={"old": GOOD, "new": GOOD}, done=(401, 403), by_person=True
    ),
    "POST /api/v1/session/first-password": Case(body={"new": GOOD}, done=(401,), by_person=True),
    "GET /api/v1/session/ways": Case(of_person=True),
    "POST /api/v1/session/ways": Case(done=(401,)),  # the session of the test is none
    "DELETE /api/v1/session/identities/{id}": Case(kind="identity", by_person=True, of_person=True),
    "GET /api/v1/users": Case(listed="user"),
    "POST /api/v1/users": Case(
        body={"name": "a new name", "password": GOOD, "role": "viewer"},
        foreign=(
            {"name": "a new name", "password": GOOD, "role": "admin", "space": "away:space"},
            {"name": "a new name", "password": GOOD, "room_roles": {"away:room": "viewer"}},
        ),
        by_person=True,
    ),
    "PATCH /api/v1/users/{id}": Case(
        kind="user",
        body={"role": "editor"},
        foreign=({"roles": {"away:space": "viewer"}}, {"room_roles": {"away:room": "admin"}}),
    ),
    "DELETE /api/v1/users/{id}": Case(kind="user"),
    "GET /api/v1/users/{id}/passkeys": Case(kind="user"),
    "DELETE /api/v1/users/{id}/identities": Case(kind="user", by_person=True),
    "DELETE /api/v1/users/{id}/passkeys/{passkey}": Case(kind="user_passkey", by_person=True),
    "GET /api/v1/passkeys": Case(of_person=True),
    "PATCH /api/v1/passkeys": Case(body={"required": False}, by_person=True, of_person=True),
    "PATCH /api/v1/passkeys/{id}": Case(
        kind="passkey", body={"name": "phone"}, by_person=True, of_person=True
    ),
    "DELETE /api/v1/passkeys/{id}": Case(kind="passkey", by_person=True, of_person=True),
    "GET /api/v1/invitations": Case(listed="invitation"),
    "POST /api/v1/invitations": Case(
        body={"name": "a new name", "role": "viewer"},
        foreign=(
            {"name": "a new name", "role": "admin", "space": "away:space"},
            {"name": "a new name", "room_roles": {"away:room": "viewer"}},
        ),
        by_person=True,
    ),
    "DELETE /api/v1/invitations/{id}": Case(kind="invitation"),
    "GET /api/v1/api-tokens": Case(listed="api_token"),
    "POST /api/v1/api-tokens": Case(
        body={"name": "ci", "role": "viewer"},
        foreign=(
            {"user": "away:user"},
            {"spaces": ["away:space"]},
            {"rooms": ["away:room"]},
        ),
        by_person=True,
    ),
    "DELETE /api/v1/api-tokens/{id}": Case(kind="api_token", by_person=True, by_admins_token=True),
    # spaces, rooms, nodes
    "GET /api/v1/spaces": Case(listed="space"),
    "POST /api/v1/spaces": Case(body={"name": "a new name"}),
    "GET /api/v1/spaces/{id}": Case(kind="space"),
    "PATCH /api/v1/spaces/{id}": Case(kind="space", body={"settings": {"approval": "never"}}),
    "DELETE /api/v1/spaces/{id}": Case(kind="space", done=(409,)),  # it has nodes
    "GET /api/v1/spaces/{space}/probes": Case(kind="space_of_probes"),
    "GET /api/v1/spaces/{space}/probes/runs": Case(kind="space_of_probes"),
    "POST /api/v1/spaces/{space}/probes": Case(
        kind="space_of_probes",
        body={"probe": PING, "rooms": ["All nodes"]},
        foreign=(
            {"probe": PING, "nodes": ["away:node"]},
            {"probe": PING, "rooms": ["away:room"]},
        ),
    ),
    "POST /api/v1/spaces/{space}/probes/test": Case(
        kind="space_of_probes",
        body={"probe": PING},
        foreign=({"probe": PING, "node": "away:node"},),
        done=(400,),  # this hub has no agent of its own
    ),
    "PATCH /api/v1/spaces/{space}/probes/{id}": Case(
        kind="probe",
        body={"enabled": False},
        foreign=({"nodes": ["away:node"]}, {"rooms": ["away:room"]}),
    ),
    "DELETE /api/v1/spaces/{space}/probes/{id}": Case(kind="probe"),
    "GET /api/v1/rooms": Case(listed="room", by_space=True),
    "POST /api/v1/rooms": Case(
        body={"name": "a new name"}, foreign=({"name": "a new name", "space": "away:space"},)
    ),
    "POST /api/v1/rooms/preview": Case(
        body={"rule": {"hosts": ["*"]}},
        foreign=({"rule": {"hosts": ["*"]}, "space": "away:space"},),
        listed="node",
    ),
    "PATCH /api/v1/rooms/{id}": Case(kind="room", body={"rule": {"hosts": ["web-*"]}}),
    "DELETE /api/v1/rooms/{id}": Case(kind="room"),
    "GET /api/v1/nodes": Case(listed="node", by_space=True),
    "GET /api/v1/nodes/{id}": Case(kind="node"),
    "GET /api/v1/nodes/{id}/marks": Case(kind="node"),
    "GET /api/v1/nodes/{id}/settings": Case(kind="node", done=(503,)),
    "POST /api/v1/nodes/{id}/settings/compare": Case(
        kind="node", body={"config": ""}, foreign=({"node": "away:node"},), done=(503,)
    ),
    "PATCH /api/v1/nodes/{id}": Case(
        kind="node", body={"name": "a new name"}, foreign=({"rooms": ["away:room"]},)
    ),
    "DELETE /api/v1/nodes/{id}": Case(kind="node"),
    "POST /api/v1/nodes/{id}/revoke": Case(kind="node", body={"reason": "lost"}),
    "POST /api/v1/nodes/{id}/ask": Case(kind="node", body={"method": "status"}, done=(503,)),
    "GET /api/v1/clones": Case(listed="clone"),
    "GET /api/v1/clones/{id}": Case(kind="clone"),
    "POST /api/v1/clones/{id}/fork": Case(kind="clone", body={"holder": "b"}, done=(200, 404, 409)),
    "POST /api/v1/clones/{id}/dismiss": Case(kind="clone"),
    # how machines come in
    "GET /api/v1/tokens": Case(listed="token"),
    "POST /api/v1/tokens": Case(
        body={"uses": 1}, foreign=({"space": "away:space"}, {"rooms": ["away:room"]})
    ),
    "GET /api/v1/tokens/{id}": Case(kind="token"),
    "DELETE /api/v1/tokens/{id}": Case(kind="token"),
    "GET /api/v1/approvals": Case(listed="approval"),
    "GET /api/v1/approvals/{id}": Case(kind="approval"),
    "POST /api/v1/approvals/{id}/approve": Case(kind="approval", body={"note": "ours"}),
    "POST /api/v1/approvals/{id}/deny": Case(kind="approval", body={"note": "not ours"}),
    "GET /api/v1/policy": Case(),
    "POST /api/v1/policy/test": Case(body={"policy": "", "cases": ""}),
    "POST /api/v1/air-gap/inspect": Case(body={"request": "the text"}, done=(400,)),
    "POST /api/v1/air-gap/sign": Case(
        body={"request": "the text"},
        foreign=({"request": "the text", "space": "away:space"},),
        done=(400,),
    ),
    "GET /api/v1/connect": Case(),
    "POST /api/v1/connect": Case(
        body={"environment": "linux"},
        foreign=(
            {"environment": "linux", "space": "away:space"},
            {"environment": "linux", "rooms": ["away:room"]},
        ),
    ),
    # values
    "POST /api/v1/query": Case(body={"select": {}, "start_ns": 1, "end_ns": 2, "function": "raw"}),
    "GET /api/v1/series": Case(by_space=True),
    "GET /api/v1/nodes/spark": Case(by_space=True),
    "GET /api/v1/live": Case(),
    # Netdata agents' nodes: those of the test are of another kind
    "GET /api/v1/nodes/{id}/netdata/contexts": Case(kind="node", done=(409,)),
    "GET /api/v1/nodes/{id}/netdata/data": Case(kind="node", done=(409,)),
    "GET /api/v1/nodes/{id}/netdata/alerts": Case(kind="node", done=(409,)),
    "GET /api/v1/nodes/{id}/netdata/info": Case(kind="node", done=(409,)),
    "GET /api/v1/nodes/{id}/netdata/functions": Case(kind="node", done=(409,)),
    "POST /api/v1/nodes/{id}/netdata/function": Case(
        kind="node", body={"name": "processes"}, done=(409,)
    ),
    # the hub
    "GET /api/v1/hub": Case(),
    "GET /api/v1/config": Case(),
    "GET /api/v1/backups": Case(),
    "POST /api/v1/backups": Case(done=(202, 409)),  # nothing works them off: the second waits
    "POST /api/v1/backups/{name}/verify": Case(kind="backup", of_hub=True, done=(202, 409)),
    "DELETE /api/v1/backups/{name}": Case(kind="backup", of_hub=True),
    "POST /api/v1/backup": Case(body={"target": "/nowhere/x"}, by_operator=True),
    "GET /api/v1/forwards": Case(),
    "DELETE /api/v1/forwards/{id}": Case(kind="leftover", of_hub=True, done=(404,)),
    "GET /api/v1/influx/datagrams": Case(),
    "POST /api/v1/influx/databases": Case(
        body={"name": "a new name"}, foreign=({"name": "a new name", "space": "away:space"},)
    ),
    "POST /api/v1/influx/write": Case(done=(404,)),  # there is no such database
    "GET /api/v1/audit": Case(),
    "GET /api/v1/audit/verify": Case(),
    "GET /api/v1/ca": Case(),
    "GET /api/v1/ca/roll": Case(),
    "POST /api/v1/ca/roll/prepare": Case(body={}, done=(200, 409)),
    "POST /api/v1/ca/roll/activate": Case(body={}, done=(200, 409)),
    "POST /api/v1/ca/roll/retire": Case(body={}, done=(200, 409)),
    "POST /api/v1/ca/roll/abort": Case(body={}, done=(200, 409)),
    "POST /api/v1/ca/renew": Case(body={}, done=(200, 409)),
    # certificates of other services
    "GET /api/v1/pki": Case(),
    "GET /api/v1/pki/certificates": Case(),
    "POST /api/v1/pki/certificates": Case(
        body={"request": "a new request", "names": ["nas.lan"], "server": True}
    ),
    "GET /api/v1/pki/certificates/{id}": Case(kind="service", of_hub=True),
    "POST /api/v1/pki/certificates/{id}/renew": Case(
        kind="service", of_hub=True, body={"request": "a new request"}
    ),
    "POST /api/v1/pki/certificates/{id}/revoke": Case(kind="service", of_hub=True, body={}),
    "GET /api/v1/pki/bundle": Case(),
    "GET /api/v1/pki/expiring": Case(),
    "GET /api/v1/pki/web": Case(),
    "POST /api/v1/pki/web/renew": Case(body={}, done=(409,)),
    "POST /api/v1/pki/issuer": Case(body={}, done=(200, 409)),
    "POST /api/v1/pki/import": Case(body={"ca": "none"}, done=(400,)),
    # dashboards
    "GET /api/v1/spaces/{space}/dashboards": Case(kind="own_space"),
    "GET /api/v1/spaces/{space}/dashboards/{id}": Case(kind="dashboard"),
    "PUT /api/v1/spaces/{space}/dashboards/{id}": Case(
        kind="new_dashboard", body={"id": "a-new-one", "title": "New"}
    ),
    "DELETE /api/v1/spaces/{space}/dashboards/{id}": Case(kind="dashboard"),
    "POST /api/v1/spaces/{space}/dashboards/{id}/export": Case(kind="dashboard", body={}),
    "POST /api/v1/spaces/{space}/dashboards/import": Case(
        kind="own_space", body={"text": 'id = "a"\ntitle = "A"'}
    ),
    "POST /api/v1/spaces/{space}/dashboards/{id}/variables/{name}": Case(
        kind="variable", body=HOUR
    ),
    "POST /api/v1/spaces/{space}/influx/variable": Case(
        kind="own_space",
        body={**HOUR, "variable": {"name": "a", "kind": "list", "values": ["b"]}},
    ),
    "POST /api/v1/spaces/{space}/influx/query": Case(
        kind="own_space", body={**HOUR, "queries": [{"text": "SHOW DATABASES"}]}
    ),
    # Prometheus' query API; without a query there is no answer
    **{
        f"{method} /api/v1/spaces/{{space}}/prometheus/api/v1/{path}": Case(
            kind="own_space", done=done
        )
        for method, path, done in (
            ("GET", "query", (400,)),
            ("POST", "query", (400,)),
            ("GET", "query_range", (400,)),
            ("POST", "query_range", (400,)),
            ("GET", "series", (400,)),
            ("POST", "series", (400,)),
            ("GET", "labels", DONE),
            ("POST", "labels", DONE),
            ("GET", "query_exemplars", (400,)),
            ("POST", "query_exemplars", (400,)),
            ("GET", "format_query", (400,)),
            ("POST", "format_query", (400,)),
            ("GET", "status/buildinfo", DONE),
            ("GET", "rules", DONE),
            ("GET", "alerts", DONE),
            ("GET", "metadata", DONE),
        )
    },
    "GET /api/v1/spaces/{space}/prometheus/api/v1/label/{name}/values": Case(kind="label"),
    "GET /api/v1/spaces/{space}/dashboards/{id}/links": Case(kind="dashboard"),
    "POST /api/v1/spaces/{space}/dashboards/{id}/links": Case(
        kind="dashboard", body={"name": "hall"}
    ),
    "DELETE /api/v1/spaces/{space}/dashboards/{id}/links/{link}": Case(kind="dashboard_link"),
}

# What answers without an Action, and why it may.
PUBLIC = {
    "GET /api/v1/session": Public.SIGN_IN,
    "POST /api/v1/session": Public.SIGN_IN,
    "DELETE /api/v1/session": Public.SIGN_IN,
    "GET /api/v1/signin": Public.SIGN_IN,
    "GET /api/v1/signin/oidc/{name}": Public.SIGN_IN,
    "GET /api/v1/signin/oidc/{name}/callback": Public.SIGN_IN,
    "POST /api/v1/session/passkey/options": Public.SIGN_IN,
    "POST /api/v1/session/passkey": Public.SIGN_IN,
    "POST /api/v1/session/step-up/options": Public.SIGN_IN,
    "POST /api/v1/session/step-up": Public.SIGN_IN,
    "POST /api/v1/passkeys/options": Public.SIGN_IN,
    "POST /api/v1/passkeys": Public.SIGN_IN,
    "POST /api/v1/invitations/show": Public.SIGN_IN,
    "POST /api/v1/invitations/passkey": Public.SIGN_IN,
    "POST /api/v1/invitations/accept": Public.SIGN_IN,
    "PUT /api/v1/spaces/nodes/{claim_id}": Public.PROOF,
    "PUT /api/v1/spaces/nodes/{claim_id}/certificate": Public.PROOF,
    "GET /api/v1/env": Public.PROOF,
    "GET /api/v1/auth/node/{claim_id}/challenge": Public.PROOF,
    "POST /api/v1/auth/node/{claim_id}/password": Public.PROOF,
    "GET /mqtt": Public.PROOF,
    "GET /api/v1/public/dashboard": Public.CREDENTIALS,
    "POST /api/v1/public/query": Public.CREDENTIALS,
    "POST /api/v1/public/variables/{name}": Public.CREDENTIALS,
    "GET /api/v1/health": Public.HEALTH,
    "GET /api/v1/openapi.json": Public.ASSET,
    "GET /crl.pem": Public.TRUST,
    "GET /root.pem": Public.TRUST,
    "GET /api/v1/trust": Public.TRUST,
    "GET /pki/ca.pem": Public.TRUST,
    "GET /pki/crl.pem": Public.TRUST,
    "GET /install/manifest.json": Public.ASSET,
    "GET /install/kickstart.sh": Public.ASSET,
    "GET /install/files/{name}": Public.ASSET,
}

# What lets machines in is for admins of the whole space alone.
ADMINS_ONLY = (
    "/api/v1/tokens",
    "/api/v1/air-gap",
    "/api/v1/approvals",
    "/api/v1/policy",
    "/api/v1/connect",
    "/api/v1/installer",
    "/api/v1/invitations",
    "/api/v1/users",
    "/api/v1/audit",
    "/api/v1/pki",
)

# Before these a session whose user has a passkey shows it again, unless it did minutes ago.
FRESH = {
    "POST /api/v1/session/first-password",
    "POST /api/v1/session/ways",
    "DELETE /api/v1/session/identities/{id}",
    "POST /api/v1/users",
    "PATCH /api/v1/users/{id}",
    "DELETE /api/v1/users/{id}",
    "DELETE /api/v1/users/{id}/passkeys/{passkey}",
    "DELETE /api/v1/users/{id}/identities",
    "PATCH /api/v1/passkeys",
    "DELETE /api/v1/passkeys/{id}",
    "POST /api/v1/invitations",
    "POST /api/v1/api-tokens",
    "POST /api/v1/tokens",
    "POST /api/v1/connect",
    "POST /api/v1/approvals/{id}/approve",
    "POST /api/v1/approvals/{id}/deny",
    "POST /api/v1/clones/{id}/fork",
    "POST /api/v1/nodes/{id}/revoke",
    "DELETE /api/v1/nodes/{id}",
    "POST /api/v1/air-gap/sign",
    "POST /api/v1/backups",
    "DELETE /api/v1/backups/{name}",
    "POST /api/v1/backup",
    "POST /api/v1/ca/roll/prepare",
    "POST /api/v1/ca/roll/activate",
    "POST /api/v1/ca/roll/retire",
    "POST /api/v1/ca/roll/abort",
    "POST /api/v1/ca/renew",
    "POST /api/v1/pki/certificates",
    "POST /api/v1/pki/certificates/{id}/renew",
    "POST /api/v1/pki/certificates/{id}/revoke",
    "POST /api/v1/pki/issuer",
    "POST /api/v1/pki/web/renew",
    "POST /api/v1/pki/import",
}
