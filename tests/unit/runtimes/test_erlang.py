"""Erlang and Elixir: a range that warns of nothing."""

import pytest

from bills import ask, flagged


@pytest.mark.parametrize(
    ("command", "image"), [("elixir --no-halt app.exs", ""), ("iex -S mix", ""), ("", "elixir:1.17"), ("beam.smp -- -root /app", "")]
)
def test_a_beam_is_known_and_unbounded(command, image):
    reading = ask(command, "128m", image=image)
    assert reading.runtime == "erlang"
    assert reading.budget.high is None
    assert not flagged(reading, "128m")
