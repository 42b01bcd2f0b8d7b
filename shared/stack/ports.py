"""Ports of the loopback address: the one that was asked for, else the last one, else a free one."""

import os
import socket
from contextlib import ExitStack

from shared.stack.errors import StackError

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now, each another."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def choose_port(variable: str, last: int | None) -> int:
    """Return the port that the environment asks for in `variable`, else the last one while it is free, else a free one.

    Raises StackError when the one asked for can't be had.
    """
    wanted = os.environ.get(variable, "0")
    if not wanted.isdecimal() or int(wanted) > 65535:
        raise StackError(f"{variable} is {wanted!r}, and that is no port: set it to a number up to 65535, or unset it.")
    if int(wanted):
        if not port_is_free(int(wanted)):
            raise StackError(f"Port {wanted} is taken: set {variable} to a free one, or unset it.")
        return int(wanted)
    return last if last and port_is_free(last) else free_ports(1)[0]
