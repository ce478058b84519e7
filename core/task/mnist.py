"""Handwritten digits: the bundled 5,000 images, or the 70,000 of the original files."""

from __future__ import annotations

import gzip
import zlib
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.ports import DataError
from core.task.dataset import Part, Task, make_part, split_task
from core.task.download import fetch

DIGITS = tuple(str(digit) for digit in range(10))
IMAGES_MAGIC, LABELS_MAGIC = 2051, 2049  # LeCun's IDX format


def load_mnist(*, data: str, validation: float, seed: int) -> Task:
    """Load MNIST mean-pooled to 14 × 14; `data` is "bundled" (4,000/1,000) or "full" (60,000/10,000).

    Raises DataError when a file is missing and cannot be fetched, or is damaged.
    """
    if data == "bundled":
        with (resources.files("resources") / "data" / "mnist_5000.npz").open("rb") as file, np.load(file) as arrays:
            images, labels, test = arrays["images"], arrays["labels"], arrays["test"]
        training, testing = _part(images[~test], labels[~test]), _part(images[test], labels[test])
    else:
        training, testing = _official("train"), _official("t10k")
    title = "Handwritten digits (MNIST, 14 × 14)"
    return split_task(
        "mnist",
        title,
        DIGITS,
        training,
        testing,
        validation=validation,
        seed=seed,
        image_shape=(14, 14),
        feature_names=tuple(f"row {row}, column {column}" for row in range(14) for column in range(14)),
    )


def read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """Read a gzipped IDX file of bytes. Raises DataError when it is damaged."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}). Delete it and run again to fetch it anew.") from None
    dimensions = 3 if magic == IMAGES_MAGIC else 1
    header = np.frombuffer(content[: 4 * (dimensions + 1)], dtype=">i4")
    shape = tuple(int(size) for size in header[1:])
    if len(header) != dimensions + 1 or header[0] != magic or len(content) != header.nbytes + int(np.prod(shape)):
        raise DataError(f"{path} is not the IDX file that it should be. Delete it and run again to fetch it anew.")
    return np.frombuffer(content, dtype=np.uint8, offset=header.nbytes).reshape(shape)


def _official(prefix: str) -> Part:
    images = read_idx(fetch(f"mnist/{prefix}-images-idx3-ubyte.gz"), IMAGES_MAGIC)
    labels = read_idx(fetch(f"mnist/{prefix}-labels-idx1-ubyte.gz"), LABELS_MAGIC)
    if len(images) != len(labels) or labels.max() > 9:
        raise DataError(f"The {prefix} files of MNIST do not belong together. Delete them and run again.")
    return _part(images, labels)


def _part(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Part:
    pooled = images.reshape(-1, 14, 2, 14, 2).mean((2, 4)) / 255
    return make_part(pooled.reshape(len(images), 196), labels.astype(np.int64))
