"""The journal: lines that survive crashes and full disks, whole and in order."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsui.domain.journal import Entry, EntryKind
from qsui.domain.models import Kind, Ref
from qsui.domain.pending import Stage
from qsui.domain.ports import Journal, JournalError
from qsui.storage.journal import MOST_DEEDS, open_journal
from qsui.storage.journal_lines import MOST_BODY, MOST_TEXT, entry_of, line_of
from qsui.storage.tail import lines_backwards

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 6, 4, 3, 5, tzinfo=UTC)
REF = Ref("acme", "prod", Kind.SCHEDULE, "", "s-1")


def intent(number: int = 1, *, at: datetime = NOW, scope: str = "key") -> Entry:
    return Entry(f"a-{number}", EntryKind.INTENT, at, scope, REF, "jd", "disable", "loyalty")


def outcome(number: int = 1, *, stage: str = "sent", scope: str = "key") -> Entry:
    return Entry(f"a-{number}", EntryKind.OUTCOME, NOW, scope, stage=stage, status=202)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / "journal.jsonl"


def test_it_is_a_journal_and_begins_empty(folder: Path) -> None:
    journal = open_journal(folder)
    assert isinstance(journal, Journal)
    assert journal.deeds() == ()
    assert journal.trouble == ""


def test_lines_are_flat_versioned_json_with_utc_times(folder: Path, file: Path) -> None:
    open_journal(folder).write(intent())
    (line,) = file.read_text().splitlines()
    assert json.loads(line) == {
        "qsui": 1,
        "id": "a-1",
        "kind": "intent",
        "at": "2026-06-04T03:05:00.000000Z",
        "scope": "key",
        "profile": "acme",
        "sandbox": "prod",
        "ref_kind": "schedule",
        "ref_id": "s-1",
        "actor": "jd",
        "verb": "disable",
        "name": "loyalty",
    }


def test_deeds_are_joined_and_other_processes_lines_are_seen(folder: Path) -> None:
    ours, theirs = open_journal(folder), open_journal(folder)
    ours.write(intent(1))
    theirs.write(intent(2, scope="other"))
    ours.write(outcome(1))
    assert [deed.id for deed in theirs.deeds()] == ["a-1", "a-2"]
    (deed,) = theirs.deeds("key")
    assert deed.stage is Stage.SENT


def test_only_its_owner_can_read_it(folder: Path, file: Path) -> None:
    open_journal(folder).write(intent())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    open_journal(folder).write(intent(2))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_each_line_is_one_write_and_flushed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    real_write, real_fsync = os.write, os.fsync

    def write(descriptor: int, data: bytes) -> int:
        calls.append(f"write {len(data)}")
        return real_write(descriptor, data)

    def fsync(descriptor: int) -> None:
        calls.append("fsync")
        real_fsync(descriptor)

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(os, "fsync", fsync)
    journal = open_journal(folder)
    journal.write(intent())
    journal.write(outcome())
    folder_first, *rest = calls
    assert folder_first == "fsync"  # the new name in the folder
    assert rest == [
        f"write {len(line_of(intent()))}",
        "fsync",
        f"write {len(line_of(outcome()))}",
        "fsync",
    ]


def test_a_torn_end_costs_one_line(folder: Path, file: Path) -> None:
    journal = open_journal(folder)
    journal.write(intent(1))
    with file.open("ab") as torn:
        torn.write(line_of(intent(2))[:40])
    journal.write(intent(3))
    assert [deed.id for deed in journal.deeds()] == ["a-1", "a-3"]


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00" * 500,
        b"[" * 100_000,
        b"{}",
        b"null",
        b'"text"',
        b"12",
        b'{"qsui": 2, "id": "a", "kind": "intent", "at": "2026-06-04T03:05:00Z"}',
        b'{"qsui": 1, "id": "a", "kind": "rumour", "at": "2026-06-04T03:05:00Z"}',
        b'{"qsui": 1, "id": "a", "kind": "intent", "at": "2026-06-04T03:05:00"}',
        b'{"qsui": 1, "id": "a", "kind": "intent", "at": "soon"}',
        b'{"qsui": 1, "id": 7, "kind": "intent", "at": "2026-06-04T03:05:00Z"}',
        b"\xff\xfe\xfd",
        b"x" * 3_000_000,
    ],
)
def test_junk_is_passed_over(folder: Path, file: Path, junk: bytes) -> None:
    journal = open_journal(folder)
    journal.write(intent(1))
    with file.open("ab") as broken:
        broken.write(junk + b"\n")
    journal.write(outcome(1))
    (deed,) = journal.deeds("key")
    assert deed.stage is Stage.SENT


def test_values_of_a_wrong_type_are_as_if_they_were_not_there() -> None:
    wrong = {"verb": 5, "status": "many", "pid": True, "ref_kind": [], "name": {}}
    values = json.loads(line_of(intent())) | wrong
    entry = entry_of(json.dumps(values).encode())
    assert entry is not None
    assert (entry.verb, entry.status, entry.pid, entry.ref, entry.name) == ("", 0, 0, None, "")


def test_huge_values_are_cut_and_say_so(folder: Path) -> None:
    journal = open_journal(folder)
    journal.write(replace(intent(), reason="r" * 10_000, body="b" * 1_000_000))
    (deed,) = journal.deeds()
    assert len(deed.intent.reason) == MOST_TEXT
    assert deed.intent.reason.endswith("(cut: 10000 characters)")
    assert len(deed.intent.body) == MOST_BODY


def test_nothing_written_can_steer_a_terminal(folder: Path, file: Path) -> None:
    open_journal(folder).write(replace(intent(), name="a\x1b]52;c;x\x07\u202e\n\x9b", reason="ü"))
    raw = file.read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == 1
    assert b"\x1b" not in raw
    (deed,) = open_journal(folder).deeds()
    assert deed.intent.name == "a\x1b]52;c;x\x07\u202e\n\x9b"


def test_a_full_disk_is_told_and_over_when_it_is_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal(folder)
    journal.write(intent(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _no_room)
        with pytest.raises(JournalError, match="No space left on device"):
            journal.write(intent(2))
        assert "No space left on device" in journal.trouble
    assert journal.trouble == ""
    journal.write(intent(3))
    assert [deed.id for deed in journal.deeds()] == ["a-1", "a-3"]


def test_a_disk_without_room_for_a_line_is_told_before_one_is_lost(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal(folder)
    real = os.fstatvfs

    def full(descriptor: int) -> os.statvfs_result:
        values = list(real(descriptor))
        values[4] = 0  # blocks for those who are not root
        return os.statvfs_result(values)

    monkeypatch.setattr(os, "fstatvfs", full)
    assert journal.trouble == f"The journal cannot be written: the disk is full ({file})."
    monkeypatch.setattr(os, "fstatvfs", real)
    assert journal.trouble == ""


def test_a_line_that_fits_only_in_part_is_an_error_and_no_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal(folder)
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: write(fd, data[:30]))
        with pytest.raises(JournalError, match="the disk is full"):
            journal.write(intent(1))
    journal.write(intent(2))
    assert [deed.id for deed in journal.deeds()] == ["a-2"]


def test_a_real_limit_on_the_size_of_files_is_an_error(folder: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from qsui.storage.journal import open_journal\n"
        "from tests.storage.test_storage_journal import intent\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        "journal = open_journal(Path(sys.argv[1]))\n"
        "journal.write(intent(1))\n"
        "try:\n"
        "    journal.write(intent(2))\n"
        "except OSError as error:\n"
        "    print(type(error).__name__, bool(journal.trouble))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split() == ["JournalError", "True"], done.stderr
    assert [deed.id for deed in open_journal(folder).deeds()] == ["a-1"]


def test_no_folder_at_all_is_trouble() -> None:
    journal = open_journal(None)
    assert "no state folder" in journal.trouble
    assert journal.deeds() == ()
    with pytest.raises(JournalError):
        journal.write(intent())


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_something_else_in_its_place_is_trouble(folder: Path, file: Path, kind: str) -> None:
    folder.mkdir()
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/null")
    journal = open_journal(folder)
    assert journal.trouble
    assert journal.deeds() == ()
    with pytest.raises(JournalError):
        journal.write(intent())


def test_a_file_where_the_folder_should_be_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    journal = open_journal(tmp_path / "state")
    assert journal.trouble
    with pytest.raises(JournalError):
        journal.write(intent())


def test_a_read_only_folder_is_trouble(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    assert "Permission denied" in open_journal(folder).trouble


def test_asking_for_trouble_writes_nothing(folder: Path, file: Path) -> None:
    journal = open_journal(folder)
    journal.write(intent())
    before = file.read_bytes()
    assert journal.trouble == ""
    assert file.read_bytes() == before


def test_several_processes_append_whole_lines(folder: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from dataclasses import replace\n"
        "from qsui.storage.journal import open_journal\n"
        "from tests.storage.test_storage_journal import intent\n"
        "journal = open_journal(Path(sys.argv[1]))\n"
        "for number in range(60):\n"
        "    one = replace(intent(number), action_id=f'{sys.argv[2]}-{number}', body='x' * 9000)\n"
        "    journal.write(one)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(folder), name])
        for name in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    found = open_journal(folder).deeds()
    assert len(found) == 180
    for name in ("a", "b", "c"):
        own = [deed.id for deed in found if deed.id.startswith(f"{name}-")]
        assert own == [f"{name}-{number}" for number in range(60)]


def test_only_the_end_of_a_long_journal_is_read(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    with file.open("wb") as old:
        line = line_of(replace(intent(0, at=NOW - timedelta(days=200)), body="x" * 40_000))
        for _ in range(600):
            old.write(line)
    open_journal(folder).write(intent(1))
    read: list[int] = []

    def counted(path: Path) -> Iterator[bytes]:
        for text in lines_backwards(path):
            read.append(len(text))
            yield text

    monkeypatch.setattr("qsui.storage.journal.lines_backwards", counted)
    assert [deed.id for deed in open_journal(folder).deeds()] == ["a-1"]
    assert [d.id for d in open_journal(folder).deeds(since=NOW - timedelta(days=1))] == ["a-1"]
    assert len(read) <= 4


def test_by_default_the_last_two_thousand_actions_are_told(folder: Path, file: Path) -> None:
    folder.mkdir()
    lines = (line_of(intent(number)) for number in range(MOST_DEEDS + 50))
    file.write_bytes(b"".join(lines))
    found = open_journal(folder).deeds("key")
    assert (len(found), found[0].id) == (MOST_DEEDS, "a-50")


def test_since_counts_by_when_an_action_was_begun(folder: Path) -> None:
    journal = open_journal(folder)
    journal.write(intent(1, at=NOW - timedelta(minutes=30)))
    journal.write(intent(2))
    journal.write(outcome(1))
    assert [d.id for d in journal.deeds(since=NOW - timedelta(minutes=10))] == ["a-2"]
    assert [d.id for d in journal.deeds(since=NOW - timedelta(hours=1))] == ["a-1", "a-2"]


TEXT = st.text(max_size=60)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy wants naive bounds
REFS = st.none() | st.builds(Ref, TEXT, TEXT, st.sampled_from(Kind), TEXT, TEXT)
NUMBERS = st.integers(-(2**62), 2**62)
ENTRIES = st.builds(
    Entry,
    action_id=st.text(min_size=1, max_size=30),
    kind=st.sampled_from(EntryKind),
    at=TIMES,
    ref=REFS,
    status=NUMBERS,
    pid=NUMBERS,
    **{
        field.name: TEXT
        for field in fields(Entry)
        if field.name not in {"action_id", "kind", "at", "ref", "status", "pid"}
    },
)


@given(ENTRIES)
def test_what_is_written_is_read_back(entry: Entry) -> None:
    line = line_of(entry)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert entry_of(line[:-1]) == entry


@given(st.binary(max_size=200))
def test_any_bytes_are_a_line_or_none(line: bytes) -> None:
    found = entry_of(line)
    assert found is None or found.action_id


@settings(max_examples=40)
@given(st.lists(ENTRIES, max_size=5), st.data())
def test_a_file_torn_anywhere_keeps_all_lines_before(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("torn")
    lines = [line_of(entry) for entry in entries]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    (path / "journal.jsonl").write_bytes(whole[:cut])
    journal = open_journal(path)
    journal.write(intent(99))
    kept = [entry_of(line) for line in lines_backwards(path / "journal.jsonl")][::-1]
    expected, length = [], 0
    for entry, line in zip(entries, lines, strict=True):
        length += len(line)
        if length - 1 <= cut:  # whole but perhaps for its end of line
            expected.append(entry)
    assert [entry for entry in kept if entry is not None] == [*expected, intent(99)]


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=20))
def test_lines_are_read_backwards_whatever_the_blocks(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("tail") / "file"
    path.write_bytes(b"\n".join(lines))
    expected = [line for line in reversed(lines) if line]
    for block in (1, 3, 7, 1000):
        assert list(lines_backwards(path, block=block)) == expected


def _no_room(_descriptor: int, _data: bytes) -> int:
    raise OSError(28, "No space left on device")
