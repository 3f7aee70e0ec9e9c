"""Lowers how sure the bill of a container is, where what runs there was guessed or may be set from elsewhere too."""

from memlint.model import Confidence, Observation, Process, Reading

_ORDER = list(Confidence)


def doubted(process: Process, at_most: Confidence) -> Process:
    """Return the process with no confidence above `at_most`."""
    if at_most is Confidence.HIGH:
        return process
    return process._replace(
        readings=tuple(_reading(reading, at_most) for reading in process.readings),
        observations=_observations(process.observations, at_most),
    )


def _reading(reading: Reading, at_most: Confidence) -> Reading:
    budget = reading.budget
    if budget is not None:
        budget = budget._replace(confidence=_least(budget.confidence, at_most))
    return reading._replace(budget=budget, observations=_observations(reading.observations, at_most))


def _observations(seen: tuple[Observation, ...], at_most: Confidence) -> tuple[Observation, ...]:
    return tuple(one._replace(confidence=_least(one.confidence, at_most)) for one in seen)


def _least(one: Confidence, other: Confidence) -> Confidence:
    return min(one, other, key=_ORDER.index)
