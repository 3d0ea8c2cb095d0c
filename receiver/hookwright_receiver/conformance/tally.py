"""Counts that are believed: a number of effects that has stood still for a while."""

import asyncio

from .target import Observer

# How often a count is looked at while it is to stand still: each look is a request.
LOOKS = 15
# Looks in all before a count is told from one that stands still: it counts something else.
MOST_LOOKS = 40 * LOOKS


class Restless(Exception):  # noqa: N818  a state of the count, not a mistake
    """The count goes on and on: nothing can be told from it."""


class Tally:
    """The effects of one instance, by an observer that only counts.

    A receiver may work behind a queue, by one worker or by several side by side: that there are
    enough effects says nothing about those to come. A count is believed after `still` seconds
    without a change, and this long it stays believed while nobody sends anything.
    """

    def __init__(self, observer: Observer, still: float) -> None:
        self._observer = observer
        self._pause = still / LOOKS
        self._believed: int | None = None

    def disturb(self) -> None:
        """Hear that something is sent, which may have effects."""
        self._believed = None

    async def settled(self, most: int | None = None) -> int:
        """Return the count once it has stood still, or at once when there are more than `most`.

        Raises Restless where it never does. It is looks that are counted, not seconds: whoever had
        no turn for a while has seen nothing meanwhile.
        """
        if self._believed is not None:
            return self._believed
        seen = await self._observer.count(())
        same = 0
        for _ in range(MOST_LOOKS):
            if most is not None and seen > most:
                return seen
            if same == LOOKS:
                self._believed = seen
                return seen
            await asyncio.sleep(self._pause)
            now = await self._observer.count(())
            same = same + 1 if now == seen else 0
            seen = now
        raise Restless
