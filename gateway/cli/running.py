"""Runs a desk in this process: ``serve``, without what only the other commands need."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.logs import Form

# Python looks for garbage after 700 more objects, and finds the events in hand, all alive: a desk
# under load spent a twentieth of its time on that.
OBJECTS_BETWEEN_LOOKS = 10_000


def run_desk(*, config: Path | None, log: Form | None) -> int:
    """Run the desk until it is told to stop; return the exit code.

    Raises:
        ConfigError: the configuration has errors.
    """
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
    from gateway.cli.finding import settings_of  # noqa: PLC0415 - pydantic

    settings = settings_of(config)
    from gateway.logs import logging_to, stderr  # noqa: PLC0415 - structlog
    from gateway.serving.serve import serve  # noqa: PLC0415 - the whole desk
    from gateway.web.metrics import Meter  # noqa: PLC0415 - see above

    secrets = [v for channel in settings.channels for v in channel.secrets.values() if v]
    meter = Meter()
    with logging_to(stderr(), form=log, secrets=secrets) as logs:
        logs.on_drop = meter.dropped_logs
        return asyncio.run(serve(settings, meter))
