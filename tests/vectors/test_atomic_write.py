from __future__ import annotations

import errno
import os
import re
import stat
import threading

import pytest

from kotovec.errors import KotovecError
from kotovec.vectors.atomic import atomic_write

as_user = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)


def test_the_new_content_appears_only_when_the_block_ends(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, MemoryError])
def test_an_error_leaves_the_old_file_and_no_litter(tmp_path, error):
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def interrupted():
        with atomic_write(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_at_once_do_not_meet(tmp_path):
    path = tmp_path / "f"
    with atomic_write(path) as first, atomic_write(path) as second:
        first.write(b"first")
        second.write(b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_gets_the_permissions_that_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_write(tmp_path / "f"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640


def test_an_old_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "f"
    path.touch()
    path.chmod(0o604)
    with atomic_write(path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_symbolic_link_stays_one_and_its_target_is_written(tmp_path):
    (tmp_path / "folder").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "folder" / "real")
    with atomic_write(link) as file:
        file.write(b"x")
    assert link.is_symlink()
    assert (tmp_path / "folder" / "real").read_bytes() == b"x"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    received = []
    reader = threading.Thread(target=lambda: received.append(path.read_bytes()))
    reader.start()
    with atomic_write(path) as file:
        file.write(b"x" * 10)
    reader.join()
    assert received == [b"x" * 10]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_the_bytes_are_on_disk_before_the_name_changes(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, type(tmp_path).replace

    def noted_fsync(descriptor):
        calls.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def noted_replace(path, target):
        calls.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(type(tmp_path), "replace", noted_replace)
    with atomic_write(tmp_path / "f") as file:
        file.write(b"x")
    assert calls == ["sync file", "replace", "sync folder"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "it is a folder; add a file name."),
        ("none/f", "its folder does not exist; create it first."),
        ("file/f", "a part of its path is a file"),
        ("x" * 300, "its name is too long"),
    ],
)
def test_an_impossible_path_is_explained_in_one_sentence(tmp_path, name, sentence):
    (tmp_path / "file").touch()
    with pytest.raises(KotovecError, match=re.escape(sentence)), atomic_write(tmp_path / name):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_empty_path_is_refused():
    with pytest.raises(KotovecError, match="empty name"), atomic_write(""):
        pass


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, "put/output error"),
        (errno.EROFS, "read-only"),
    ],
)
def test_a_disk_that_refuses_is_explained_and_the_old_file_stays(tmp_path, monkeypatch, number, words):
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def refuse(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(KotovecError, match=f"Cannot write .*f': .*{words}"), atomic_write(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_error_of_another_file_inside_the_block_is_not_blamed_on_this_one(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "f"):
        (tmp_path / "input").read_bytes()
    assert list(tmp_path.iterdir()) == []


@as_user
def test_a_folder_without_permission_is_explained(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(KotovecError, match="permission is denied"), atomic_write(tmp_path / "f"):
        pass


def test_a_folder_that_refuses_new_files_is_explained(tmp_path, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(type(tmp_path), "open", refuse)
    with (
        pytest.raises(KotovecError, match="permission is denied; choose a folder"),
        atomic_write(tmp_path / "f"),
    ):
        pass


def test_a_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(KotovecError, match="read-only"), atomic_write(path):
        pass
    assert path.read_bytes() == b"old"


def test_what_a_killed_save_left_is_deleted_a_day_later(tmp_path):
    names = {
        "abandoned": ".kotovec-0123456789abcdef.tmp",
        "in use": ".kotovec-fedcba9876543210.tmp",
        "somebody's own": ".kotovec-notes.tmp",
    }
    for kind, name in names.items():
        (tmp_path / name).write_bytes(b"half")
        if kind != "in use":
            os.utime(tmp_path / name, (0, 0))
    with atomic_write(tmp_path / "f") as file:
        file.write(b"new")
    assert {path.name for path in tmp_path.iterdir()} == {"f", names["in use"], names["somebody's own"]}
