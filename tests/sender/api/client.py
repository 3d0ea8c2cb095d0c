"""A client of the application in this process, which holds every answer against the document."""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema

PROBLEM = "application/problem+json"


@dataclass
class Answer:
    """One answer, with what it was an answer to."""

    request: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The last part of the problem's type."""
        assert self.headers["content-type"] == PROBLEM, self
        return self.json["type"].rpartition(":")[2]


class Document:
    """The OpenAPI document, strict: an answer has the members that it names, and no others."""

    def __init__(self, document):
        self.content = document
        self._schemas = strict(document["components"]["schemas"])
        self._checked = {}

    def check(self, method, path, answer):
        """Hold an answer against the operation that it is one of."""
        operation = self.operation(method, path)
        if operation is None:
            assert answer.status in {404, 405}, answer
            return
        described = operation["responses"].get(str(answer.status))
        assert described is not None, f"{operation['operationId']} does not name {answer}"
        for name in described.get("headers", {}):
            header = self.content["components"]["headers"][name]
            if header.get("required"):
                schema = header["schema"]
                assert name in answer.headers, answer
                jsonschema.validate(answer.headers[name], schema)
        content = described.get("content")
        if content is None:
            assert answer.body == b"", answer
            return
        media_type = answer.headers["content-type"].partition(";")[0]
        assert media_type in content, answer
        if media_type.endswith("json"):
            self._validator(json.dumps(content[media_type]["schema"])).validate(answer.json)

    def operation(self, method, path):
        """Return the operation of a path, None where there is none."""
        parts = path.split("/")
        for template, operations in self.content["paths"].items():
            names = template.split("/")
            if len(names) == len(parts) and all(
                name == part or (name.startswith("{") and part)
                for name, part in zip(names, parts, strict=True)
            ):
                return operations.get(method.lower())
        return None

    def _validator(self, schema):
        if schema not in self._checked:
            whole = {**json.loads(schema), "components": {"schemas": self._schemas}}
            self._checked[schema] = jsonschema.Draft202012Validator(whole)
        return self._checked[schema]


def strict(schemas):
    """Return schemas in which objects that require all their members have no others."""

    def walked(node):
        if isinstance(node, list):
            return [walked(each) for each in node]
        if not isinstance(node, dict):
            return node
        found = {name: walked(child) for name, child in node.items()}
        required, properties = node.get("required"), node.get("properties")
        if required and properties and set(required) == set(properties):
            found.setdefault("additionalProperties", False)
        return found

    return walked(schemas)


@dataclass
class Client:
    """Asks an application; `key` is sent with every request that has no header for it."""

    app: Any
    portal: Any
    document: Document
    key: str | None = None
    address: str = "192.0.2.1"
    answers: list[Answer] = field(default_factory=list)

    def of(self, key):
        """Return a client with another key."""
        return Client(self.app, self.portal, self.document, key, self.address)

    def get(self, path, **options):
        """Send a GET."""
        return self.ask("GET", path, **options)

    def post(self, path, value=None, **options):
        """Send a POST, with a value as JSON if there is one."""
        return self.ask("POST", path, value, **options)

    def put(self, path, value=None, **options):
        """Send a PUT, with a value as JSON if there is one."""
        return self.ask("PUT", path, value, **options)

    def delete(self, path, **options):
        """Send a DELETE."""
        return self.ask("DELETE", path, **options)

    def ask(self, method, path, value=None, **options):
        """Send a request and return its answer, which the document must allow."""
        return self.portal.call(partial(self.asked, method, path, value, **options))

    async def asked(  # noqa: PLR0913  what a request has
        self, method, path, value=None, *, headers=None, body=None, checked=True
    ):
        """Do what `ask` does, in the application's event loop."""
        chunks = [body] if isinstance(body, bytes) else list(body or [])
        given = dict(headers or {})
        if value is not None:
            chunks = [json.dumps(value).encode()]
            given.setdefault("content-type", "application/json")
        if self.key is not None:
            given.setdefault("authorization", f"Bearer {self.key}")
        return await self.exchange(method, path, given, chunks, checked)

    async def exchange(self, method, path, headers, chunks, checked):
        """Talk ASGI to the application."""
        split = urlsplit(path)
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": unquote(split.path), "raw_path": split.path.encode(),
            "query_string": split.query.encode(), "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1"))
                        for name, value in headers.items() if value is not None],
            "client": (self.address, 40000), "server": ("testserver", 80),
        }  # fmt: skip
        waiting = list(chunks) or [b""]
        messages = []

        async def receive():
            if not waiting:
                return {"type": "http.disconnect"}
            chunk = waiting.pop(0)
            if chunk is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

        async def send(message):
            messages.append(message)

        await self.app(scope, receive, send)
        if not messages:
            return None
        start, *bodies = messages
        answer = Answer(
            f"{method} {path}",
            start["status"],
            {name.decode(): value.decode("latin-1") for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in bodies),
        )
        self.answers.append(answer)
        if checked:
            self.document.check(method, unquote(split.path), answer)
        return answer
