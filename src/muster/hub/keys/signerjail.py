"""What the signer gives up before it reads a key: core dumps, the network, other programs.

By steps, each for itself: a kernel that refuses one is noted and the rest is done. A filter
of system calls is for the machines whose numbers are in the table, others run without it.

Source: prctl(2), seccomp(2), mlockall(2); syscall numbers of Linux, asm/unistd.h
"""

import ctypes
import errno
import logging
import os
import platform
import resource
import struct
from collections.abc import Callable
from typing import NamedTuple

log = logging.getLogger(__name__)

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_OPEN_FILES = 64

_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of the packet filter
_NUMBER_AT, _MACHINE_AT = 0, 4  # where they stand in struct seccomp_data
_X32 = 0x40000000  # the other numbering of x86-64


class Machine(NamedTuple):
    """How a kind of machine calls itself and what the signer may not ask of it."""

    audit: int
    # socket, connect, accept, bind, listen, accept4, socketpair, clone, fork, vfork, clone3,
    # execve, execveat, ptrace, process_vm_readv, process_vm_writev
    refused: tuple[int, ...]


MACHINES = {
    "x86_64": Machine(
        0xC000003E,
        (41, 42, 43, 49, 50, 288, 53, 56, 57, 58, 435, 59, 322, 101, 310, 311),
    ),
    "aarch64": Machine(
        0xC00000B7,
        (198, 203, 202, 200, 201, 242, 199, 220, 435, 221, 281, 117, 270, 271),
    ),
}


def lock_up() -> tuple[str, ...]:
    """Give up what is not needed, for good; the names of the steps that the kernel refused."""
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("core dumps", _no_core),
        ("memory of others", _no_dump),
        ("open files", _few_files),
        ("memory lock", _lock_memory),
        ("system calls", _filter_calls),
    )
    refused = []
    for name, step in steps:
        try:
            step()
        except (OSError, ValueError) as error:
            refused.append(name)
            log.info(
                "the signer goes without a precaution", extra={"step": name, "why": str(error)}
            )
    return tuple(refused)


def program_for(machine: Machine) -> bytes:
    """The filter, as the kernel reads it: refuse what is in the table, allow the rest."""
    first = 4  # line of the first number in the table
    end = first + len(machine.refused)  # there it is allowed, on the next line refused

    def refuse_from(line: int) -> int:
        """How far a line has to jump; counted from the next one."""
        return end - line

    lines = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 0, refuse_from(1), machine.audit),  # another machine's numbers
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_AT_LEAST, refuse_from(3), 0, _X32),
        *(
            (_IF_EQUAL, refuse_from(line), 0, number)
            for line, number in enumerate(machine.refused, first)
        ),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _filter_calls() -> None:
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no table for {platform.machine()}")
    program = program_for(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    head = ctypes.create_string_buffer(described, len(described))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(head))


def _no_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _no_dump() -> None:
    """Also: nobody without CAP_SYS_PTRACE reads its memory, the hub's user included."""
    _prctl(_PR_SET_DUMPABLE, 0)


def _few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))


def _lock_memory() -> None:
    """Keep keys out of swap. Only without a limit: within one, a later allocation would fail."""
    endless = resource.RLIM_INFINITY
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != endless:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (endless, endless))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _prctl(*words: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    given = [ctypes.c_ulong(word) for word in (*words, 0, 0, 0, 0)[:5]]
    if libc.prctl(*given):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
