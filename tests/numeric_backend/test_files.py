"""Files are written whole or not at all, and never in place of what is no file."""

import os
from pathlib import Path

import pytest

from numeric_backend.errors import InputError
from numeric_backend.files import write_atomically


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    write_atomically(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_pipe_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="a device or a pipe"):
        write_atomically(tmp_path / "pipe", "text")
    assert (tmp_path / "pipe").is_fifo()


def test_the_umask_is_respected(tmp_path):
    before = os.umask(0o077)
    try:
        path = write_atomically(tmp_path / "private", "text")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["absent/file", "."])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    with pytest.raises(InputError, match=f"cannot write '{tmp_path / name}'"):
        write_atomically(tmp_path / name, "text")
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_that_refuses_is_named():
    place = Path("/proc/kernel.py")
    if not place.parent.is_dir():
        pytest.skip("there is no /proc on this system")
    with pytest.raises(InputError, match=r"cannot write '/proc/kernel\.py'"):
        write_atomically(place, "text")
