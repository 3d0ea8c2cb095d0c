"""How a module of cases declares them."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from .model import Case, Level
from .run import Run

CaseFunction = Callable[[Run], Awaitable[None]]

ALL_MODES: Final = ("none", "token", "signature")


@dataclass
class Group:
    """The cases whose ids begin with one letter."""

    letter: str
    title: str
    cases: list[Case] = field(default_factory=list)

    def case(  # noqa: PLR0913  a case is data, and this is all of it
        self,
        number: int,
        title: str,
        *,
        sent: str,
        expect: str,
        why: str,
        source: str,
        hint: str,
        hints: dict[str, str] | None = None,
        level: Level = Level.MUST,
        observes: bool = False,
        counted: bool = False,
        modes: Iterable[str] = ALL_MODES,
        place: str = "shared",
        last: bool = False,
    ) -> Callable[[CaseFunction], CaseFunction]:
        """Declare the decorated function as the case `<letter><number>`.

        `hint` says how to mend a receiver, `hints` how for the stacks where that differs. A case
        that is `counted` observes by that. `source` says by whose word it weighs what it weighs,
        and `level` is that of the steps that name no other.
        """

        def declare(function: CaseFunction) -> CaseFunction:
            self.cases.append(
                Case(
                    f"{self.letter}{number}",
                    self.letter,
                    title,
                    level,
                    sent,
                    expect,
                    why,
                    source,
                    {"": hint, **(hints or {})},
                    function,
                    observes or counted,
                    counted,
                    frozenset(modes),
                    place,
                    last,
                )
            )
            return function

        return declare
