"""A receiver of the documentation's kind: a few lines of Flask."""

import json
import sys

from flask import Flask, request

app = Flask(__name__)


@app.route("/webhook", methods=["POST"])
def webhook():
    """Read, parse, echo."""
    message = json.loads(request.data)
    return "received:" + json.dumps(message)


app.run(port=int(sys.argv[1]))
