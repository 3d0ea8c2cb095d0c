"""A bare Flask receiver, of the documentation's kind, under gunicorn's gthread with 32 threads."""

import json

from flask import Flask, request

# What to type after `python -m`, with an address to follow.
COMMAND = [
    *("gunicorn", "bench.yardsticks.flask_app:app"),
    *("--worker-class", "gthread", "--threads", "32", "--keep-alive", "75"),
    *("--no-control-socket", "--bind"),
]

app = Flask(__name__)


@app.route("/webhook", methods=["POST"])
def webhook() -> str:
    """Parse, and echo."""
    return "received:" + json.dumps(json.loads(request.data))
