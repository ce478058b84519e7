"""Fetch data files once: checksummed, resumable, never half-written."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from core.ports import DataError
from core.task.folder import data_folder

DEADLINE_S = 20.0
BLOCK = 1 << 16
_MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")


@dataclass(frozen=True)
class Source:
    """Where a file can be had and what it must be."""

    mirrors: tuple[str, ...]
    sha256: str


def _mnist(name: str, sha256: str) -> Source:
    return Source(tuple(mirror + name for mirror in _MNIST), sha256)


SOURCES = {
    "mnist/train-images-idx3-ubyte.gz": _mnist(
        "train-images-idx3-ubyte.gz", "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971"
    ),
    "mnist/train-labels-idx1-ubyte.gz": _mnist(
        "train-labels-idx1-ubyte.gz", "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203"
    ),
    "mnist/t10k-images-idx3-ubyte.gz": _mnist(
        "t10k-images-idx3-ubyte.gz", "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be"
    ),
    "mnist/t10k-labels-idx1-ubyte.gz": _mnist(
        "t10k-labels-idx1-ubyte.gz", "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b"
    ),
    "vowels/vowdata.dat": Source(
        ("https://homepages.wmich.edu/~hillenbr/voweldata/vowdata.dat",),
        "05a4a69e2c6b0f444077245b1427d12bc86f8d7a32ae7a4b63f7e06e5712e4b1",
    ),
}


def fetch(name: str, source: Source | None = None) -> Path:
    """Return the file of the data folder, downloading it when it is not there.

    Raises DataError when no mirror gives it, the disk is full or the content is not what it must be.
    """
    path = data_folder() / name
    source = source or SOURCES[name]
    if path.is_file():
        _check_existing(path, source.sha256)
        return path
    reasons: list[str] = []
    for address in source.mirrors:
        try:
            download(address, path, source.sha256)
            return path
        except (DataError, urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reasons.append(str(getattr(error, "reason", error)))
        except OSError as error:
            raise DataError(f"Cannot write {path}: {error.strerror}. Free some space or set OVERTONE_DATA.") from None
    raise DataError(
        f"{path} is not there and no mirror gives it ({'; '.join(reasons) or 'none known'}). "
        f"Connect to the network, or put the file there yourself, or set OVERTONE_DATA to a folder that holds {name}."
    )


def download(address: str, path: Path, sha256: str) -> None:
    """Download to `path`, going on with what an earlier try has left in `path`.part.

    Raises DataError on a wrong checksum (the part is removed), and what urllib and the disk raise.
    """
    part = path.with_name(path.name + ".part")
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            path.parent.mkdir(parents=True, exist_ok=True)
            resumed = have > 0 and answer.status == 206
            with part.open("ab" if resumed else "wb") as file:
                while block := answer.read(BLOCK):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
    except urllib.error.HTTPError as error:
        if error.code != 416:  # all of it was there already
            raise
    found = _sha256(part)
    if found != sha256:
        part.unlink()
        raise DataError(f"{address} gave a file with the wrong checksum ({found[:12]}…, not {sha256[:12]}…)")
    part.replace(path)


def _check_existing(path: Path, sha256: str) -> None:
    try:
        found = _sha256(path)
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from None
    if found != sha256:
        raise DataError(
            f"{path} is damaged: its checksum is {found[:12]}…, not {sha256[:12]}…. "
            "Delete it and run again to fetch it anew."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
