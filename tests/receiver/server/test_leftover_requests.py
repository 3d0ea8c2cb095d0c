"""What a request leaves behind in the process: nothing, however it was answered."""

import asyncio
import gc
import weakref

import pytest

from .conftest import wait_until

HEAD = {
    "type": "http",
    "http_version": "1.1",
    "path": "/webhooks/joturl",
    "query_string": b"",
    "scheme": "http",
    "server": ("127.0.0.1", 80),
    "client": ("127.0.0.1", 5),
}

REQUESTS = [
    pytest.param("POST", b"{}", None, 422, id="refused, and kept"),
    pytest.param("POST", b"{", None, 400, id="refused"),
    pytest.param("POST", b"{}", b"gzip", 415, id="refused for its head"),
    pytest.param("POST", b"", None, 400, id="cut off"),
    pytest.param("POST", None, None, 408, id="too slow"),
    pytest.param("PUT", b"{}", None, 405, id="no delivery"),
]


class Body:
    """What an ASGI server gives: as long as it lives, so does the connection."""

    def __init__(self, body):
        self.body = body

    async def __call__(self):
        if self.body is None:
            await asyncio.Event().wait()
        if not self.body:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": self.body, "more_body": False}


@pytest.fixture
def app(project, tmp_path, monkeypatch):
    """The application as it is served, with an inbox of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(project.module("reading"), "BODY_TIMEOUT", 0.1)
    settings = project.module("settings").Settings.load({})
    database = project.module("startup").prepare(settings)
    bodies = project.module("reading").Bodies(settings.max_body_bytes)
    return project.module("app").create_asgi_app(settings, database, bodies)


@pytest.mark.parametrize(("method", "body", "coding", "status"), REQUESTS)
def test_an_answer_is_the_end_of_a_request(app, method, body, coding, status):
    """A frame that its own error keeps would keep the connection too, until the next collection."""
    statuses = []

    async def send(message):
        statuses.append(message.get("status"))

    async def main():
        receive = Body(body)
        headers = [(b"host", b"x"), (b"content-length", b"%d" % max(2, len(body or b"")))]
        headers += [(b"content-encoding", coding)] if coding else []
        await app({**HEAD, "method": method, "headers": headers}, receive, send)
        return weakref.ref(receive)

    gc.collect()
    gc.disable()
    try:
        left = asyncio.run(main())
        assert statuses[0] == status
        # The thread that keeps what was refused lets go of it after it has said that it is done.
        wait_until(lambda: left() is None)
    finally:
        gc.enable()
