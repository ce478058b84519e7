"""Tables and downloads from the outside world: what is wrong is said, and nothing half-written stays."""

from __future__ import annotations

import gzip
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from core.ports import DataError
from core.task import download as module
from core.task.download import SOURCES, Source, fetch
from core.task.load import load_task
from core.task.mnist import IMAGES_MAGIC, LABELS_MAGIC, read_idx

CONTENT = bytes(range(256)) * 3000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT, honours ranges, and remembers what was asked."""

    asked: list[str | None] = []  # noqa: RUF012

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        Handler.asked.append(wanted)
        if self.path == "/missing":
            self.send_error(404)
            return
        body, start = (b"nonsense", 0) if self.path == "/wrong" else (CONTENT, 0)
        if wanted:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                self.send_error(416)
                return
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("OVERTONE_DATA", str(tmp_path))
    monkeypatch.setattr(module, "DEADLINE_S", 5.0)
    Handler.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_download_is_checked_and_kept(server, tmp_path):
    source = Source((f"{server}/good",), DIGEST)
    assert fetch("set/file.bin", source).read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["file.bin"]
    fetch("set/file.bin", source)
    assert len(Handler.asked) == 1


def test_an_interrupted_download_goes_on_where_it_ended(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    assert fetch("file.bin", Source((f"{server}/good",), DIGEST)).read_bytes() == CONTENT
    assert Handler.asked == ["bytes=1000-"]


def test_a_complete_part_is_only_checked(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert fetch("file.bin", Source((f"{server}/good",), DIGEST)).read_bytes() == CONTENT


def test_the_next_mirror_stands_in_for_a_missing_or_a_wrong_one(server):
    mirrors = (f"{server}/missing", f"{server}/wrong", f"{server}/good")
    assert fetch("file.bin", Source(mirrors, DIGEST)).read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing_behind(server, tmp_path):
    with pytest.raises(DataError, match="wrong checksum"):
        fetch("file.bin", Source((f"{server}/wrong",), DIGEST))
    assert not list(tmp_path.iterdir())


def test_no_mirror_says_where_the_file_belongs(monkeypatch, tmp_path):
    monkeypatch.setenv("OVERTONE_DATA", str(tmp_path))
    with pytest.raises(DataError, match="OVERTONE_DATA") as error:
        fetch("file.bin", Source(("http://127.0.0.1:9/file.bin",), DIGEST))
    assert str(tmp_path / "file.bin") in str(error.value)
    assert "\n" not in str(error.value)


def test_a_damaged_file_in_the_data_folder_is_not_used(monkeypatch, tmp_path):
    monkeypatch.setenv("OVERTONE_DATA", str(tmp_path))
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"not what it should be")
    for task, data in (("mnist", "full"), ("vowels", "bundled")):
        with pytest.raises(DataError, match="checksum"):
            load_task(task, data=data)


@pytest.mark.parametrize(
    "content",
    [
        b"plainly no gzip",
        gzip.compress(np.array([2051, 10], ">i4").tobytes()),
        gzip.compress(np.array([9999, 1, 1, 1], ">i4").tobytes() + b"\0"),
        gzip.compress(np.array([2051, 2, 28, 28], ">i4").tobytes() + b"\0" * 28 * 28),
        gzip.compress(b"\0" * 10_000)[:-20],
    ],
    ids=["no gzip", "short header", "other magic", "missing image", "cut off"],
)
def test_a_damaged_idx_file_is_told_in_one_line(tmp_path: Path, content: bytes):
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    for magic in (IMAGES_MAGIC, LABELS_MAGIC):
        with pytest.raises(DataError, match=r"images\.gz") as error:
            read_idx(path, magic)
        assert "\n" not in str(error.value)


def good_rows() -> list[str]:
    return [f"{k},{k % 5},{'ab'[k % 2]}" for k in range(40)]


def load(tmp_path: Path, lines: list[str], **settings: str):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(lines))
    return load_task("table", path=str(path), seed=1, **settings)


def test_a_table_is_scaled_on_its_training_part_alone(tmp_path):
    task = load(tmp_path, ["x,y,kind", *good_rows()])
    assert task.classes == ("a", "b")
    assert len(task.test.labels) == 8
    known = np.concatenate([task.train.features, task.validation.features])
    np.testing.assert_allclose((known.min(0), known.max(0)), ((0, 0), (1, 1)))


def test_the_label_column_can_be_any(tmp_path):
    lines = ["kind,x", *(f"{'ab'[k % 2]},{k}" for k in range(40))]
    assert load(tmp_path, lines, label="kind").classes == ("a", "b")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["x,y,kind", *good_rows(), "nan,1,a"], r"line 42, column 'x'"),
        (["x,y,kind", *good_rows(), "1,inf,a"], r"line 42, column 'y'"),
        (["x,y,kind", "3,four,a", *good_rows()], r"line 2, column 'y': 'four'"),
        (["x,y,kind", *good_rows(), "1,2"], r"line 42: 2 values where the header names 3"),
        (["x,y,kind", *good_rows(), "1,2,rare"], r"too few rows of 'rare' \(1\)"),
        (["x,y,kind", *(f"{k},1,a" for k in range(40))], "fewer than two classes"),
        (["kind", *("ab"[k % 2] for k in range(40))], "no feature"),
        (["x,y,kind"], "no rows"),
        ([""], "no rows"),
    ],
)
def test_a_wrong_table_says_where_and_what(tmp_path, lines: list[str], told: str):
    with pytest.raises(DataError, match=told) as error:
        load(tmp_path, lines)
    assert "\n" not in str(error.value)


def test_a_wrong_column_or_file_says_what_there_is(tmp_path):
    with pytest.raises(DataError, match="x, y, kind"):
        load(tmp_path, ["x,y,kind", *good_rows()], label="class")
    with pytest.raises(DataError, match=r"task\.path"):
        load_task("table", path=str(tmp_path / "missing.csv"))
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DataError, match="Cannot read"):
        load_task("table", path=str(tmp_path / "binary.csv"))
