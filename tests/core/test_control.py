"""Commands from another thread: pause, resume, stop, a new rate; and the worker that survives its job's errors."""

from __future__ import annotations

import threading

import pytest

from core.ports import DeviceLost
from core.training.control import ControlToken, StopRequested
from core.training.events import Event, Failed, Message
from core.training.worker import Worker


def test_a_paused_engine_holds_until_it_is_resumed():
    token, passed = ControlToken(), threading.Event()
    token.pause()
    thread = threading.Thread(target=lambda: (token.safe_point(), passed.set()))
    thread.start()
    assert not passed.wait(0.1)
    assert token.paused
    token.resume()
    assert passed.wait(5)
    thread.join(5)


def test_stop_ends_a_paused_engine_too():
    token = ControlToken()
    token.pause()
    token.stop()
    with pytest.raises(StopRequested):
        token.safe_point()


def test_a_new_learning_rate_is_taken_once():
    token = ControlToken()
    token.set_learning_rate(0.3)
    assert token.take_learning_rate() == 0.3
    assert token.take_learning_rate() is None
    with pytest.raises(ValueError, match="not positive"):
        token.set_learning_rate(0.0)


@pytest.mark.parametrize(
    ("error", "text"),
    [(DeviceLost("The scope is gone."), "The scope is gone."), (KeyError("x"), "Internal error, KeyError")],
)
def test_whatever_the_job_raises_arrives_as_an_event(error, text):
    events: list[Event] = []

    def job(listener, control):
        listener(Message("info", threading.current_thread().name))
        raise error

    worker = Worker(job, events.append)
    worker.start()
    assert worker.join(5)
    assert events[0] == Message("info", "overtone-engine")
    assert isinstance(events[1], Failed)
    assert events[1].text.startswith(text)
    assert "Traceback" in events[1].detail


def test_a_paused_engine_does_one_step_and_holds_again():
    token, steps, go = ControlToken(), list[int](), threading.Event()

    def engine() -> None:
        for number in range(3):
            token.safe_point()
            steps.append(number)
            token.step_done()
            go.set()

    token.pause()
    thread = threading.Thread(target=engine)
    thread.start()
    for expected in ([0], [0, 1]):
        go.clear()
        token.step()
        assert go.wait(5)
        assert not thread.join(0.1)
        assert steps == expected
        assert token.paused
    token.resume()
    thread.join(5)
    assert steps == [0, 1, 2]


def test_a_step_asked_for_before_the_last_one_has_ended_is_done_too():
    token = ControlToken()
    token.pause()
    token.step()
    token.safe_point()
    token.step()  # between the news of a step and its end
    token.step_done()
    token.safe_point()
    token.step_done()
    assert token.paused
