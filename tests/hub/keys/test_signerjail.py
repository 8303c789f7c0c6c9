"""What the signer gives up. Each is tried in a process of its own, which cannot take it back."""

import platform
import subprocess
import sys

import pytest

from muster.hub.keys.signerjail import MACHINES, program_for

LOCKED = "import os, socket, subprocess; from muster.hub.keys.signerjail import lock_up; lock_up();"
KNOWN = platform.machine() in MACHINES


def run(program):
    return subprocess.run(
        [sys.executable, "-c", LOCKED + program], capture_output=True, text=True, check=False
    )


FORBIDDEN = {
    "a socket": "socket.socket()",
    "a pair": "socket.socketpair()",
    "a program": "os.execv('/bin/true', ['true'])",
    "a child": "os.fork()",
    "a shell": "subprocess.run('true', shell=True)",
}


@pytest.mark.skipif(not KNOWN, reason="this machine's system calls are not in the table")
@pytest.mark.parametrize("what", FORBIDDEN.values(), ids=FORBIDDEN)
def test_it_cannot_have(what):
    done = run(what)

    assert done.returncode == 1
    assert "Operation not permitted" in done.stderr


def test_what_it_needs_still_works(tmp_path):
    file = tmp_path / "key"
    done = run(
        f"open({str(file)!r}, 'w').write('x');"
        "from cryptography.hazmat.primitives.asymmetric import ec;"
        "ec.generate_private_key(ec.SECP256R1()); print('fine')"
    )

    assert done.stdout == "fine\n", done.stderr


def test_it_leaves_no_core_and_cannot_be_looked_into():
    done = run(
        "import resource, ctypes;"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0],"
        " ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    )

    assert done.stdout.split() == ["0", "0"]


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_jump_of_the_filter_lands_on_a_verdict(machine):
    """The packet filter, run by hand for each number that matters."""
    program = program_for(machine)

    for number in machine.refused:
        assert verdict(program, machine.audit, number) == "refused"
    for number in (0, 1, 3, max(machine.refused) + 1):
        assert verdict(program, machine.audit, number) == "allowed"
    assert verdict(program, 0x40000003, 1) == "refused"  # another machine's way in
    assert verdict(program, machine.audit, 0x40000000 + 1) == "refused"


def verdict(program, audit, number):
    lines = [
        (
            int.from_bytes(program[at : at + 2], sys.byteorder),
            program[at + 2],
            program[at + 3],
            int.from_bytes(program[at + 4 : at + 8], sys.byteorder),
        )
        for at in range(0, len(program), 8)
    ]
    at, loaded = 0, 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        match code:
            case 0x20:
                loaded = {0: number, 4: audit}[value]
            case 0x15:
                at += if_true if loaded == value else if_false
            case 0x35:
                at += if_true if loaded >= value else if_false
            case 0x06:
                return "allowed" if value == 0x7FFF0000 else "refused"
