"""How the private PostgreSQL is set: durable, small, reached through a socket whose name is short enough."""

import hashlib
import os
import re
from pathlib import Path

SETTINGS = """
# Durable, and small: two cores, and four services that hold a few dozen connections.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
fsync = on
synchronous_commit = on
shared_buffers = 160MB
max_connections = 200
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_buffers = 16MB
random_page_cost = 1.1
jit = off
io_method = sync
max_parallel_workers_per_gather = 0
autovacuum_max_workers = 2
autovacuum_naptime = 20s
log_min_messages = warning
timezone = 'UTC'
"""

LONGEST_SOCKET = 103
"""Bytes of a socket's path: 107 on Linux, 103 on macOS."""

SOCKET = ".s.PGSQL.5432"

SHORT_FOLDERS = Path("/tmp")  # noqa: S108 - there on every Unix, short, and the same for all whatever TMPDIR says


def settings(folder: Path) -> str:
    """Return the settings for the data in `folder`."""
    return SETTINGS.format(sockets=socket_folder(folder))


def socket_folder(folder: Path) -> Path:
    """Return where the socket is: in the data's folder, or in a short one of its own where that path doesn't do.

    Only plain names are taken into an address: drivers differ in how they read the others.
    """
    plain = re.fullmatch(r"[A-Za-z0-9_./-]+", str(folder)) is not None
    if plain and len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET:
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return SHORT_FOLDERS / f"rapport-{name}"
