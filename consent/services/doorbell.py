"""Ring the worker: the database is the queue, this only saves the seconds until beat rings anyway."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from celery import current_app
from django.db import transaction

CHECKS = "consent.tasks.check_due"

log = logging.getLogger(__name__)
_ringing = threading.Lock()


def ring(task: str = CHECKS) -> None:
    """Ask for what is due to be done once the current transaction has committed; checks, if not told.

    Never waits for the broker: a hung or missing one costs a request nothing. While one ring is on its
    way, further ones are dropped; a ring says only "look", and the worker looks at everything.
    """
    transaction.on_commit(partial(_ring_in_background, task))


def _ring_in_background(task: str) -> None:
    if _ringing.acquire(blocking=False):
        # The current application belongs to this thread: the new one would not find it by itself.
        threading.Thread(
            target=_send, args=[current_app.send_task, task], name="doorbell", daemon=True
        ).start()


def _send(send_task: Callable[..., object], task: str) -> None:
    try:
        send_task(task, retry=False, ignore_result=True)
    except Exception:  # noqa: BLE001  (whatever the broker's client raises: beat rings soon)
        log.warning("The doorbell could not be rung; the next scheduled check picks the work up.")
    finally:
        _ringing.release()
