from typing import Any

from django.apps import AppConfig
from django.core.signals import request_finished
from django.utils import timezone


class SupportConfig(AppConfig):
    name = "support"

    def ready(self) -> None:
        from consent.signals import called, settled
        from support.services import own_calls

        called.connect(own_calls.hear)
        settled.connect(_write)
        request_finished.connect(_write)


def _write(**_: Any) -> None:
    from support.services import own_calls

    own_calls.write(now=timezone.now())
