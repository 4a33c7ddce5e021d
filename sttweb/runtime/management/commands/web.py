"""`manage.py web`: the web server alone. `manage.py serve` runs it together with everything it needs."""

from typing import Any

from django.core.management.base import BaseCommand

from sttweb import env
from sttweb.runtime import web


class Command(BaseCommand):
    help = "Run the web server alone; `serve` runs it together with all it needs."
    # They load every page's code, and would make each start slower.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        from sttweb.asgi import application

        web.run(application, env.HOST, env.PORT)
