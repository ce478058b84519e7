"""The file under HDF5: a plain file for it, and whole again when the disk refuses."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap

import h5py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.run.staged_file import StagedFile

OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 60), st.binary(max_size=30)),
        st.tuples(st.just("read"), st.integers(0, 80), st.integers(0, 40)),
        st.tuples(st.just("commit"), st.just(0), st.just(0)),
    ),
    max_size=30,
)


@given(OPERATIONS)
def test_it_behaves_as_a_file_in_memory(tmp_path_factory, operations):
    path = tmp_path_factory.mktemp("staged") / "file"
    staged, plain = StagedFile(path), io.BytesIO()
    for name, offset, argument in operations:
        if name == "commit":
            staged.commit()
            assert path.read_bytes() == plain.getvalue()
            continue
        staged.seek(offset)
        plain.seek(offset)
        if name == "write":
            assert staged.write(argument) == plain.write(argument)
        else:
            assert staged.read(argument) == plain.read(argument)
        assert staged.tell() == plain.tell()
    staged.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file size")
def test_a_refusing_disk_ends_in_one_error_and_a_file_with_every_recorded_row(tmp_path):
    """HDF5 on a plain file crashes here: a limit on file size fails its writes as a full disk does."""
    code = textwrap.dedent(f"""
        import resource
        from pathlib import Path
        from core.ports import RunFileError
        from core.run.folder import RunFolder
        from core.run.spec import load_experiment
        from core.training.events import StepDone
        folder = RunFolder.create(Path({str(tmp_path)!r}), load_experiment("quick"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        recorded = 0
        try:
            while recorded < 100_000:
                folder.record("steps", StepDone(recorded, 1, 0.1, 2.3, 0.1, 0.01, 64, 0.5, 1.0))
                recorded += 1
        except RunFileError as error:
            print(error)
        folder.close()
        print(recorded)
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    message, recorded = done.stdout.splitlines()
    assert "Cannot write to" in message
    (path,) = tmp_path.glob("*/run.h5")
    with h5py.File(path) as file:
        steps = file["entry/steps/step"][:]
    assert int(recorded) > 1000
    assert steps.tolist() == list(range(int(recorded)))
