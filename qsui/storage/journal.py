"""`journal.jsonl`: what was done from here, line by line, flushed to the disk as it happens.

Any number of processes append to the one file in the state folder, each line with one `write`, so
that lines never mix; it is readable by its owner only. A torn end (a full disk, a killed process)
costs that line: the next one begins on a line of its own. Reading begins at the end.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from qsui.domain.journal import Deed, Entry, EntryKind, deeds
from qsui.domain.ports import JournalError
from qsui.storage.journal_lines import MOST_BODY, entry_of, line_of
from qsui.storage.tail import lines_backwards

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

FILE_NAME = "journal.jsonl"
OWNER_ONLY = 0o600
MOST_DEEDS = 2_000
DAYS = timedelta(days=30)
ROOM = 2 * MOST_BODY
SLACK = timedelta(hours=1)
"""Lines of several processes are in order but for this; older lines are not looked for."""

_FLAGS = (
    os.O_RDWR
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


def open_journal(folder: Path | None) -> FileJournal:
    """Return the journal of a state folder; nothing is written before the first line.

    Never fails: what is wrong is in `trouble`. Without a folder nothing can be recorded.
    """
    return FileJournal(folder)


class FileJournal:
    """See `qsui.domain.ports.Journal`; may be called from any thread."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME if folder is not None else None
        self._lock = threading.Lock()
        self._has_failed = False

    @property
    def trouble(self) -> str:
        """Why nothing can be written, as a sentence; empty if all is well.

        The file is opened, and after a failure an empty line is written, to tell how it is now. A
        disk with less room than two lines need counts as full.
        """
        try:
            with self._lock:
                if self._has_failed:
                    self._append(b"\n")
                    self._has_failed = False
                else:
                    self._probe()
        except JournalError as error:
            return str(error)
        return ""

    def write(self, entry: Entry) -> None:
        """Append a line and flush it to the disk; raises `JournalError`."""
        with self._lock:
            self._has_failed = True
            self._append(line_of(entry))
            self._has_failed = False

    def deeds(
        self, scope_key: str | None = None, *, since: datetime | None = None
    ) -> tuple[Deed, ...]:
        """Return actions of one scope (or all), oldest first; other processes' lines included.

        Those begun since then; by default the last 2,000 of the last 30 days that have a line.
        Empty if the file cannot be read.
        """
        try:
            newest_first = list(self._since(scope_key, since))
        except OSError:
            return ()
        found = deeds(reversed(newest_first))
        if since is None:
            return found[-MOST_DEEDS:]
        return tuple(deed for deed in found if deed.intent.at >= since)

    def _since(self, scope_key: str | None, since: datetime | None) -> Iterator[Entry]:
        """Yield entries from the newest back to those that are too old."""
        if self._path is None:
            return
        wanted = scope_key.encode() if scope_key else b""
        until, intents = since - SLACK if since else None, 0
        for line in lines_backwards(self._path):
            if wanted not in line and until is not None:
                continue
            entry = entry_of(line)
            if entry is None:
                continue
            if until is None:
                until = entry.at - DAYS
            if entry.at < until:
                return
            if scope_key is not None and entry.scope_key != scope_key:
                continue
            yield entry
            intents += entry.kind is EntryKind.INTENT
            if since is None and intents >= MOST_DEEDS:
                return

    def _probe(self) -> None:
        descriptor = self._open()
        try:
            has_room = _has_room(descriptor)
        finally:
            os.close(descriptor)
        if not has_room:
            raise JournalError(f"The journal cannot be written: the disk is full ({self._path}).")

    def _append(self, line: bytes) -> None:
        """Write one line at the end, on a line of its own, and wait until it is on the disk."""
        descriptor = self._open()
        try:
            if _ends_torn(descriptor):
                line = b"\n" + line
            written = os.write(descriptor, line)
            os.fsync(descriptor)
        except OSError as error:
            raise _failed(self._path, error) from error
        finally:
            os.close(descriptor)
        if written != len(line):
            raise JournalError(f"{self._path} took only a part of the line: the disk is full.")

    def _open(self) -> int:
        """Open the file, and make it if need be, readable by its owner only."""
        if self._path is None or self._folder is None:
            raise JournalError("There is no state folder to keep the journal in.")
        try:
            is_new = not self._path.exists()
            if is_new:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, _FLAGS, OWNER_ONLY)
        except OSError as error:
            raise _failed(self._path, error) from error
        try:
            _claim(descriptor)
            if is_new:
                _flush_folder(self._folder)
        except OSError as error:
            os.close(descriptor)
            raise _failed(self._path, error) from error
        return descriptor


def _claim(descriptor: int) -> None:
    """Make sure that it is a file, and that only its owner can read it; raises `OSError`."""
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no file")
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        os.fchmod(descriptor, OWNER_ONLY)


def _has_room(descriptor: int) -> bool:
    """Whether the disk takes more; where that cannot be asked, or it says nothing, it may."""
    try:
        disk = os.fstatvfs(descriptor)
    except (AttributeError, OSError):
        return True
    return not disk.f_blocks or disk.f_bavail * disk.f_frsize >= ROOM


def _ends_torn(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    if not size:
        return False
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) != b"\n"


def _flush_folder(folder: Path) -> None:
    """Have the new file's name on the disk too, where folders can be flushed."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems know no flush of folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(path: Path | None, error: OSError) -> JournalError:
    # The path comes last: in a line that is too short it is what may be cut.
    return JournalError(f"The journal cannot be written: {error.strerror or error} ({path}).")
