"""A program with Sentry's real SDK in it, run by the tests: `sentry_app.py DSN SPOTLIGHT_URL`."""

import sys

import sentry_sdk


def average(total: int, count: int) -> float:
    return total / count


def fail_with(**options: object) -> None:
    client = sentry_sdk.Client(
        release="1.2.3",
        environment="live",
        # Integrations would import every heavy library that happens to be installed.
        auto_enabling_integrations=False,
        **options,  # type: ignore[arg-type]
    )
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        try:
            average(7, 0)
        except ZeroDivisionError:
            scope.capture_exception()
        client.close(timeout=20)


dsn, spotlight = sys.argv[1:]
for algorithm in ("br", "gzip"):
    fail_with(dsn=dsn, _experiments={"transport_compression_algo": algorithm})
fail_with(spotlight=spotlight)
