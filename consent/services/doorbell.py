"""Ring the worker: the database is the queue, this only saves the seconds until beat rings anyway."""

from __future__ import annotations

import logging
import threading

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)
_ringing = threading.Lock()


def ring() -> None:
    """Ask for due checks to be run once the current transaction has committed.

    Never waits for the broker: a hung or missing one costs a request nothing. While one ring is on its
    way, further ones are dropped; a ring says only "look", and the worker looks at everything.
    """
    transaction.on_commit(_ring_in_background)


def _ring_in_background() -> None:
    if _ringing.acquire(blocking=False):
        threading.Thread(target=_send, name="doorbell", daemon=True).start()


def _send() -> None:
    try:
        current_app.send_task("consent.tasks.check_due", retry=False, ignore_result=True)
    except Exception:  # noqa: BLE001  (whatever the broker's client raises: beat rings soon)
        log.warning("The doorbell could not be rung; the next scheduled check picks the work up.")
    finally:
        _ringing.release()
