"""The table of routes: each operation once, for the router and for the OpenAPI document alike."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hookwright_schemas import HookwrightError
    from hookwright_sender.api.call import Call
    from hookwright_sender.api.problems import Kind

PREFIX = "/api/v1"
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers with: `body` is written as JSON, None is no body at all."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query. `read` makes a value of its text, or raises `ValueError`."""

    name: str
    schema: Schema
    description: str
    read: Callable[[str], Any]
    example: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: `schema` names a component, None is no body.

    `headers` are those beside the ones that every answer has, `links` say which operations take
    the answered id (parameter by operation id).
    """

    status: int
    description: str
    schema: str | None = None
    example: Any = None
    headers: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    `body` names the component that the request's body must fit; it may be left out where
    `body_required` is false. `refusals` are the errors of the services, or problems, that this
    operation has beside those that its form implies. `idempotent` ones take an Idempotency-Key,
    `conditional` ones an If-None-Match. `slow` ones wait for a network, `bulky` ones take a long
    time at the store, and those that are not `blocking` need nothing but this process.
    """

    method: str
    path: str
    id: str
    tag: str
    summary: str
    handler: "Callable[[Call], Awaitable[Reply]]"
    answers: tuple[Answer, ...]
    description: str = ""
    body: str | None = None
    body_required: bool = True
    body_example: Any = None
    query: tuple[Parameter, ...] = ()
    conditional: bool = False
    refusals: "tuple[type[HookwrightError] | Kind, ...]" = ()
    idempotent: bool = False
    secured: bool = True
    slow: bool = False
    bulky: bool = False
    blocking: bool = True

    @property
    def refuses_keys(self) -> bool:
        """Tell whether an Idempotency-Key would be a promise that is not kept.

        To repeat a GET is harmless, with a key and without.
        """
        return not self.idempotent and self.method != "GET"


@dataclass(frozen=True, slots=True)
class Resource:
    """The operations on one kind of object, with the schemas that they name, by their names."""

    name: str
    description: str
    operations: tuple[Operation, ...]
    schemas: Mapping[str, Schema]
