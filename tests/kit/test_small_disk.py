"""A small disk: full means full for whoever writes there, and freed means that they may go on."""

import errno
from pathlib import Path

import pytest

from shared.testing.small_disk import SmallDisk, small_disk, unmount_below, why_not

MEBIBYTE = 1 << 20

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "")


def write(disk: SmallDisk, size: int) -> None:
    with (disk.folder / "data").open("ab") as file:
        file.write(bytes(size))


def test_a_full_disk_refuses_every_byte_until_it_is_freed(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 * MEBIBYTE) as disk:
        write(disk, MEBIBYTE)
        assert disk.fill() > 2 * MEBIBYTE
        assert disk.free == 0
        with pytest.raises(OSError) as refused:
            write(disk, 1)
        assert refused.value.errno == errno.ENOSPC
        disk.free_up()
        write(disk, 2 * MEBIBYTE)
    assert not (tmp_path / "disk").exists()


def test_as_much_is_left_as_was_asked_for(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 * MEBIBYTE) as disk:
        disk.fill(leave=MEBIBYTE)
        assert 0 < disk.free <= MEBIBYTE
        write(disk, MEBIBYTE // 2)
        disk.fill(leave=MEBIBYTE)
        assert disk.free <= MEBIBYTE // 2


def test_what_a_killed_run_left_is_taken_away(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 * MEBIBYTE) as disk:
        write(disk, MEBIBYTE)
        unmount_below(tmp_path / "other")
        assert (disk.folder / "data").exists()
        unmount_below(tmp_path)
        assert not (disk.folder / "data").exists()
