"""Deliveries as many applications make them: a Celery task that posts with `requests`.

Redis is the broker; a task is acknowledged when it has ended (`acks_late`), and each process of
the pool keeps its connection.
"""

import os

import requests
from celery import Celery

app = Celery("deliveries", broker=os.environ["BENCH_BROKER"])
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=4,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
session = requests.Session()


@app.task(name="deliver", max_retries=3)
def deliver(url: str, body: str, message_id: str) -> None:
    """Post one message; another status than 2xx is a failed task."""
    headers = {"content-type": "application/json", "webhook-id": message_id}
    session.post(url, data=body, headers=headers, timeout=5).raise_for_status()
