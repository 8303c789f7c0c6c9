"""How many cache lines one answer of InfluxQL touches, function by function.

    .venv/bin/python bench/coldlines.py "few systems: uptime" [--hosts 2] [--least 60]

A short answer that finds its caches cold takes as long as the lines of code and data that it
touches, not as its instructions. Here a question of bench/influx_queries.py that was asked before
is answered once more under callgrind, whose caches are empty when it begins and large enough to
lose nothing: each miss is one line that is touched for the first time. The store is in memory, and
nothing is read from a socket or written to one. Printed is the tree of calls: lines of code and of
data of a function's own, lines with all that it calls, instructions; the first function pays for
what all share, and to be watched adds about a seventh.

Needs valgrind, its headers and a C compiler (apt install valgrind gcc).
"""

import argparse
import asyncio
import gc
import importlib
import random
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import influx_queries

from muster.faces.influx.callers import Callers, Way
from muster.faces.influx.face import face
from muster.faces.influx.query import QueryFace
from muster.net.admission import Handshakes
from muster.net.aiohttpweb import web
from muster.net.atonce import AtOnce
from muster.net.connection import Connection
from muster.net.front import Front
from muster.net.http import Route
from muster.testing.influxstore import InfluxStore
from muster.testing.series import MemoryStore

HOURS, END_S, BODY_S = 3, 1_800_018_000, 600
LL_BYTES = 32 << 20
# Tells callgrind to write down what it has counted at each call and return of the interpreter.
WATCH = """
#include <Python.h>
#include <valgrind/callgrind.h>
static int at(PyObject *o, PyFrameObject *frame, int what, PyObject *arg) {
  char text[200] = "-";
  if (what == PyTrace_CALL) {
    PyCodeObject *code = PyFrame_GetCode(frame);
    snprintf(text, sizeof text, "+%s", PyUnicode_AsUTF8(code->co_qualname));
    Py_DECREF(code);
  } else if (what == PyTrace_C_CALL) {
    const char *name = PyCFunction_Check(arg) ? ((PyCFunctionObject *)arg)->m_ml->ml_name
                                              : Py_TYPE(arg)->tp_name;
    snprintf(text, sizeof text, "+%s (compiled)", name);
  }
  CALLGRIND_DUMP_STATS_AT(text);
  return 0;
}
static PyObject *begin(PyObject *o, PyObject *none) {
  PyEval_SetProfile(at, Py_None);
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  Py_RETURN_NONE;
}
static PyObject *end(PyObject *o, PyObject *none) {
  CALLGRIND_DUMP_STATS_AT("end");
  CALLGRIND_STOP_INSTRUMENTATION;
  PyEval_SetProfile(NULL, NULL);
  Py_RETURN_NONE;
}
static PyMethodDef methods[] = {
  {"begin", begin, METH_NOARGS, 0}, {"end", end, METH_NOARGS, 0}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "watch", 0, -1, methods};
PyMODINIT_FUNC PyInit_watch(void) { return PyModule_Create(&module); }
"""


class Taker(asyncio.Transport):
    """Takes what is answered."""

    answers = 0

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.answers += 1

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def connected(routes: list[Route]) -> Connection:
    """A connection over which one may ask."""
    loop, entry = asyncio.get_running_loop(), Handshakes(1).begin()
    made = Connection(web.Server(nobody), "127.0.0.1", list, entry, loop=loop)
    made.at_once, made.transport = AtOnce(routes, Front()), Taker()
    made._waiter = loop.create_future()
    return made


class Called(NamedTuple):
    """A function that was called, `depth` deep; counted is its own."""

    name: str
    depth: int
    counts: list[int]  # instructions, lines of code, lines of data


async def nobody(*_: object) -> None: ...


async def answer(title: str, hosts: int, folder: Path) -> None:
    """Ask a question again and again, the last time watched."""
    chance = random.Random(1)
    async with InfluxStore(folder / "store", engine=MemoryStore()) as house:
        begin_s = END_S - HOURS * 3600
        house.clock.advance(begin_s - house.clock.now_ns() / 1e9)
        await house.databases.create(house.login, "bench")
        await house.queries.ready()
        for first in range(begin_s, END_S, BODY_S):
            times = range(first + 10, first + BODY_S + 1, 10)
            every = [(time_s, host) for time_s in times for host in range(hosts)]
            rows = [
                row for time_s, host in every for row in influx_queries.lines(host, chance, time_s)
            ]
            await house.write("bench", "\n".join(rows).encode())
        callers = Callers(
            way=Way.OFF, logins=house.influx_logins, users=house.influx_users,
            check=nobody, saw_writer=nobody, name_of=str,
        )  # fmt: skip
        query = QueryFace(callers=callers, statements=house.statements, registry=house.registry)
        peer = connected(face(query.routes()))
        found = influx_queries.questions(END_S, HOURS, hosts).items()
        text = next(asked[0] for name, asked in found if title in name)
        target = influx_queries.influxql(text)
        data = f"GET {target} HTTP/1.1\r\nHost: localhost:8086\r\nAccept-Encoding: identity\r\n\r\n"
        for asked in range(30):
            peer.data_received(data.encode())
            if peer.transport.answers <= asked:
                raise SystemExit(f"{title!r} is not answered at once")
        watch = importlib.import_module("watch")
        gc.disable()
        watch.begin()
        peer.data_received(data.encode())
        watch.end()


def calls(folder: Path) -> Iterator[Called]:
    """What was written down, in the order of the calls."""
    stack = [Called("the whole", 0, [0, 0, 0])]
    yield stack[0]
    for path in sorted(folder.glob("out.*"), key=lambda each: int(each.suffix[1:])):
        text = path.read_text()
        names = re.search(r"^events: (.*)$", text, re.MULTILINE)[1].split()
        numbers = map(int, re.search(r"^summary: (.*)$", text, re.MULTILINE)[1].split())
        counted = dict(zip(names, numbers, strict=False))
        lines_of_data = counted.get("DLmr", 0) + counted.get("DLmw", 0)
        for place, count in enumerate((counted["Ir"], counted.get("ILmr", 0), lines_of_data)):
            stack[-1].counts[place] += count
        event = re.search(r"^desc: Trigger: Client Request: (.*)$", text, re.MULTILINE)[1]
        if event.startswith("+"):
            stack.append(Called(event[1:], len(stack), [0, 0, 0]))
            yield stack[-1]
        elif len(stack) > 1:
            stack.pop()


def show(every: list[Called], least: int) -> None:
    for place, each in enumerate(every):
        within = [each]
        for other in every[place + 1 :]:
            if other.depth <= each.depth:
                break
            within.append(other)
        instructions = sum(one.counts[0] for one in within)
        lines = sum(sum(one.counts[1:]) for one in within)
        if lines >= least:
            name, (_, code, data) = "  " * each.depth + each.name, each.counts
            print(f"{name:64} {code:5} + {data:5} own {lines:6} in all {instructions:9,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("title", help="a part of a question's title")
    parser.add_argument("--hosts", type=int, default=2)
    parser.add_argument("--least", type=int, default=60, help="lines of what is shown")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        sys.path.append(str(given.inside))
        asyncio.run(answer(given.title, given.hosts, given.inside))
        return
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as name:
        folder = Path(name)
        (folder / "watch.c").write_text(WATCH)
        includes = f"-I{sysconfig.get_paths()['include']}"
        compiled = folder / f"watch{sysconfig.get_config_var('EXT_SUFFIX')}"
        built = ["cc", "-O2", "-shared", "-fPIC", includes, "-o", compiled, folder / "watch.c"]
        subprocess.run(built, check=True)
        caches = f"--LL={LL_BYTES},16,64"
        watched = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--cache-sim=yes"]
        watched += [caches, f"--callgrind-out-file={folder}/out", sys.executable, __file__]
        asked = [given.title, "--hosts", str(given.hosts), "--inside", folder]
        subprocess.run([*watched, *asked], check=True)
        show(list(calls(folder)), given.least)


if __name__ == "__main__":
    main()
