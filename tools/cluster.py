"""A ClickHouse cluster of two nodes on this machine, of Debian's own packages, for tests.

`start DIR` runs one ZooKeeper and two servers as processes of this user, with everything they
have in DIR and on free ports of loopback; what of them has ended is started again. `stop DIR`
ends them, `kill DIR --node two` one without notice, `status DIR` says where they are. One shard
with two replicas, or `--shards 2`: two shards with one replica each. Needs the packages
clickhouse-server and zookeeper; the services that come with them are not used.
MUSTER_TEST_CLICKHOUSE names another server.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

_CLUSTER, _DATABASE, _USER = "main", "values", "muster"
_NODES = ("zookeeper", "one", "two")
_PORTS = ("http", "https", "tcp", "interserver")
_JAR = "/usr/share/java/zookeeper.jar"
_START_S, _STOP_S = 90.0, 20.0
_LOOK_S = 0.1

_ZOOKEEPER = """\
tickTime=1000
dataDir={folder}/data
clientPort={port}
clientPortAddress=127.0.0.1
admin.enableServer=false
4lw.commands.whitelist=srvr
autopurge.purgeInterval=0
"""
# A busy machine makes a session run out, and by default a server looks for that once a minute.
_SERVER = """\
<yandex>
  <logger>
    <level>information</level><log>{folder}/server.log</log>
    <errorlog>{folder}/error.log</errorlog><size>20M</size><count>1</count>
  </logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port>
  <https_port>{https}</https_port>
  <tcp_port>{tcp}</tcp_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <interserver_http_port>{interserver}</interserver_http_port>
  <openSSL><server>
    <certificateFile>{certificate}</certificateFile>
    <privateKeyFile>{key}</privateKeyFile>
    <verificationMode>none</verificationMode>
    <disableProtocols>sslv2,sslv3,tlsv1,tlsv1_1</disableProtocols>
  </server></openSSL>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <user_files_path>{folder}/files/</user_files_path>
  <format_schema_path>{folder}/schemas/</format_schema_path>
  <users_config>users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <max_concurrent_queries>100</max_concurrent_queries>
  <keep_alive_timeout>10</keep_alive_timeout>
  <uncompressed_cache_size>8388608</uncompressed_cache_size>
  <mark_cache_size>67108864</mark_cache_size>
  <timezone>UTC</timezone>
  <remote_servers><{cluster}>{shards}</{cluster}></remote_servers>
  <zookeeper>
    <node><host>127.0.0.1</host><port>{zookeeper}</port></node>
    <session_timeout_ms>10000</session_timeout_ms>
  </zookeeper>
  <merge_tree>
    <zookeeper_session_expiration_check_period>1</zookeeper_session_expiration_check_period>
  </merge_tree>
  <macros><shard>{shard}</shard><replica>{replica}</replica></macros>
  <max_table_size_to_drop>0</max_table_size_to_drop>
  <max_partition_size_to_drop>0</max_partition_size_to_drop>
</yandex>
"""
_USERS = """\
<yandex>
  <profiles><default>
    <max_memory_usage>4000000000</max_memory_usage>
    <load_balancing>in_order</load_balancing>
    <poll_interval>1</poll_interval>
  </default></profiles>
  <quotas><default /></quotas>
  <users><{user}>
    <password>{password}</password>
    <networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota>
  </{user}></users>
</yandex>
"""


class Failed(Exception):
    """What the caller can do something about."""


def start(folder: Path, shards: int) -> dict[str, Any]:
    """Start what does not run; the cluster's description."""
    path = folder / "cluster.json"
    state = json.loads(path.read_text()) if path.exists() else _make(folder, shards)
    for name in _NODES:
        node = state["nodes"][name]
        if not _runs(node):
            log = (folder / name / "output").open("ab")
            process = subprocess.Popen(  # noqa: S603 - what `_make` has written
                node["command"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=folder / name,
            )  # fmt: skip
            node["pid"] = process.pid
            path.write_text(json.dumps(state, indent=1))
        if name == "zookeeper":  # servers that do not find it end
            _wait(state, [name])
    _wait(state, ["one", "two"])
    return state


def stop(folder: Path) -> None:
    """End everything; data and ports stay for another start."""
    state = _state(folder)
    for names in (_NODES[1:], _NODES[:1]):
        _end([state["nodes"][name] for name in names], signal.SIGTERM, signal.SIGKILL)


def kill(folder: Path, name: str) -> None:
    """End one as if its machine had gone."""
    _end([_state(folder)["nodes"][name]], signal.SIGKILL)


def status(folder: Path) -> dict[str, Any]:
    """The description, with `running` and `answers` for each node."""
    state = _state(folder)
    for node in state["nodes"].values():
        node["running"] = _runs(node)
        node["answers"] = node["running"] and _answers(node)
    return state


def _state(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "cluster.json").read_text())
    except OSError as error:
        raise Failed(f"no cluster was started there: {error}") from None
    return found


def _make(folder: Path, shards: int) -> dict[str, Any]:
    """Write everything that the nodes read."""
    server = os.environ.get("MUSTER_TEST_CLICKHOUSE") or shutil.which(
        "clickhouse-server", path=f"{os.environ['PATH']}:/usr/sbin"
    )
    java = shutil.which("java")
    if not server or not java or not Path(_JAR).exists():
        raise Failed("needs Debian's packages clickhouse-server and zookeeper")
    ports = _free_ports(1 + 2 * len(_PORTS))
    certificate = _certificate(folder)
    password = secrets.token_urlsafe(12)
    (folder / "credentials").write_text(f"{_USER}:{password}\n")
    (folder / "credentials").chmod(0o600)
    nodes = {"zookeeper": _make_zookeeper(folder / "zookeeper", java, ports[0])}
    of = {
        name: dict(zip(_PORTS, ports[1 + at * len(_PORTS) :], strict=False))
        for at, name in enumerate(_NODES[1:])
    }
    replicas = [
        f"<replica><host>127.0.0.1</host><port>{of[name]['tcp']}</port>"
        f"<user>{_USER}</user><password>{password}</password></replica>"
        for name in _NODES[1:]
    ]
    groups = ["".join(replicas)] if shards == 1 else replicas
    listed = "".join(
        f"<shard><internal_replication>true</internal_replication>{group}</shard>"
        for group in groups
    )
    for at, name in enumerate(_NODES[1:]):
        values = of[name] | {
            "folder": folder / name, "certificate": certificate[0], "key": certificate[1],
            "cluster": _CLUSTER, "shards": listed, "zookeeper": ports[0],
            "shard": at + 1 if shards == 2 else 1, "replica": name,
        }  # fmt: skip
        nodes[name] = _make_server(folder / name, server, values, password)
    state = {
        "url": _url([of[name]["http"] for name in _NODES[1:]], "&tls=off"),
        "tls_url": _url([of[name]["https"] for name in _NODES[1:]], ""),
        "credentials_file": str(folder / "credentials"),
        "ca_file": str(certificate[0]),
        "shards": shards,
        "nodes": nodes,
    }
    (folder / "cluster.json").write_text(json.dumps(state, indent=1))
    return state


def _url(ports: list[int], options: str) -> str:
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    return f"clickhouse://{hosts}/{_DATABASE}?cluster={_CLUSTER}{options}"


def _make_zookeeper(folder: Path, java: str, port: int) -> dict[str, Any]:
    (folder / "data").mkdir(parents=True)
    (folder / "zoo.cfg").write_text(_ZOOKEEPER.format(folder=folder, port=port))
    # It is not the disk that is tested.
    options = [
        "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dzookeeper.forceSync=no",
    ]  # fmt: skip
    main = "org.apache.zookeeper.server.ZooKeeperServerMain"
    command = [java, *options, "-cp", _JAR, main, str(folder / "zoo.cfg")]
    return {"command": command, "port": port}


def _make_server(
    folder: Path, server: str, values: dict[str, Any], password: str
) -> dict[str, Any]:
    for name in ("data", "tmp", "files", "schemas"):
        (folder / name).mkdir(parents=True)
    (folder / "users.xml").write_text(_USERS.format(user=_USER, password=password))
    (folder / "users.xml").chmod(0o600)
    config = folder / "config.xml"
    config.write_text(_SERVER.format(**values))
    config.chmod(0o600)
    command = [server, f"--config-file={config}"]
    return {"command": command, "port": values["http"], "ports": {p: values[p] for p in _PORTS}}


def _certificate(folder: Path) -> tuple[Path, Path]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate, key = folder / "node.pem", folder / "node.key"
    command = [
        shutil.which("openssl") or "openssl", "req", "-x509", "-newkey", "ec",
        "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - constants and our paths
    return certificate, key


def _free_ports(count: int) -> list[int]:
    """Below those that the system gives to connections: a node that starts again has its own."""
    held: list[socket.socket] = []
    while len(held) < count:
        with suppress(OSError):
            held.append(socket.create_server(("127.0.0.1", 10_000 + secrets.randbelow(20_000))))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def _runs(node: dict[str, Any]) -> bool:
    """Whether its process is there; that the number is another's by now is looked at."""
    pid = node.get("pid")
    if not pid:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        said = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return False
    # While it puts another program in its place there are no words.
    return state != "Z" and (said == [""] or node["command"][-1] in said)


def _answers(node: dict[str, Any]) -> bool:
    port = node["port"]
    try:
        if "ports" not in node:
            with socket.create_connection(("127.0.0.1", port), 2) as connection:
                connection.sendall(b"srvr")
                return b"Mode: standalone" in connection.makefile("rb").read(4096)
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False


def _wait(state: dict[str, Any], names: list[str]) -> None:
    until = time.monotonic() + _START_S
    for name in names:
        node = state["nodes"][name]
        while not _answers(node):
            if not _runs(node):
                raise Failed(f"{name} ended; see {Path(node['command'][-1]).parent}")
            if time.monotonic() > until:
                raise Failed(f"{name} does not answer within {_START_S:.0f} s")
            time.sleep(_LOOK_S)


def _end(nodes: list[dict[str, Any]], *signs: signal.Signals) -> None:
    for sign in signs:
        for node in filter(_runs, nodes):
            os.kill(node["pid"], sign)
        until = time.monotonic() + _STOP_S
        while any(map(_runs, nodes)) and time.monotonic() < until:
            time.sleep(_LOOK_S)


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("command", choices=("start", "stop", "kill", "status"))
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--shards", type=int, choices=(1, 2), default=1)
    parser.add_argument("--node", choices=_NODES, default=_NODES[-1])
    options = parser.parse_args()
    folder = options.folder.resolve()
    try:
        if options.command in ("stop", "kill"):
            stop(folder) if options.command == "stop" else kill(folder, options.node)
            return 0
        found = start(folder, options.shards) if options.command == "start" else status(folder)
    except Failed as error:
        sys.stderr.write(f"cluster: {error}\n")
        return 1
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
