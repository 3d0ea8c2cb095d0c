"""Many attempts at once, and their summary."""

import asyncio

import pytest

from hookwright_sender import Attempt, Outcome, Summary, burst


def test_a_burst_is_bounded_and_complete():
    """So many calls as were asked for, never more at once than allowed."""
    running, most, ended = 0, 0, []

    async def send():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Attempt(Outcome.SUCCESS, 0.001, 200)

    asyncio.run(burst(send, 25, 4, ended.append))
    assert (len(ended), most, running) == (25, 4, 0)


def test_more_workers_than_messages_are_not_started():
    """Three messages take three calls, whatever the concurrency."""
    ended = []

    async def send():
        return Attempt(Outcome.SUCCESS, 0.001, 200)

    asyncio.run(burst(send, 3, 100, ended.append))
    assert len(ended) == 3


def test_the_first_exception_ends_a_burst():
    """What cannot be sent at all is raised, and nothing keeps running behind it."""
    cancelled = []

    async def run():
        calls = 0

        async def send():
            nonlocal calls
            calls += 1
            if calls == 2:
                raise ValueError("second")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(calls)
                raise

        with pytest.raises(ValueError, match="second"):
            await burst(send, 10, 2, [].append)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert cancelled == [2]


def summary(*attempts):
    """Return the summary of attempts."""
    made = Summary()
    for attempt in attempts:
        made.add(attempt)
    return made


def test_a_summary_counts_outcomes_and_statuses():
    """Each attempt counts once, and the first failure is kept to be shown."""
    refused = Attempt(Outcome.REFUSED, 0.1, reached=False, error="no")
    made = summary(
        Attempt(Outcome.SUCCESS, 0.2, 200),
        Attempt(Outcome.SUCCESS, 0.3, 204),
        refused,
        Attempt(Outcome.SERVER_ERROR, 0.4, 500),
    )
    assert (made.count, made.accepted, made.reached) == (4, 2, 3)
    assert made.outcomes == {"success": 2, "refused": 1, "server_error": 1}
    assert made.statuses == {200: 1, 204: 1, 500: 1}
    assert made.first_failure is refused


@pytest.mark.parametrize(
    ("latencies", "percentiles", "why"),
    [
        ([7], (7, 7, 7), "one attempt is every percentile"),
        ([2, 1], (1, 2, 2), "order of arrival does not matter"),
        (range(1, 101), (50, 95, 99), "of a hundred, the rank itself"),
        (range(1, 1001), (500, 950, 990), "of a thousand, ten times it"),
    ],
)
def test_percentiles_are_latencies_that_occurred(latencies, percentiles, why):
    """The nearest rank, without interpolation."""
    made = summary(*(Attempt(Outcome.SUCCESS, latency, 200) for latency in latencies))
    assert made.percentiles(50, 95, 99) == percentiles, why
