"""Print what the slow parts cost on this machine."""

from typing import Any

from django.core.management.base import BaseCommand

from sop_portal.bench import benchmark
from sop_portal.clock import now


class Command(BaseCommand):
    help = "Times import, baseline, publishing and every page on the demonstration company; needs an empty database."

    def handle(self, *args: Any, **options: Any) -> None:
        for figure in benchmark(at=now()):
            self.stdout.write(f"{figure.what:<58}{figure.value:>16}   {figure.against}")
            self.stdout.flush()
