"""Which service an alert belongs to, and the reason that is given."""

from collections.abc import Mapping
from typing import Any

import pytest

from suture.domain.alert import AlertSource
from suture.domain.inbound import VendorAlert
from suture.domain.service import Service
from suture.routing import Route, RoutingTable

SERVICES: Mapping[str, Service] = {
    name: Service(name=name, repository=name, environment=environment)
    for name, environment in (("shop", "live"), ("till", "production"))
}


def told(**fields: object) -> VendorAlert:
    facts: dict[str, Any] = {
        "alert_id": "1",
        "source": AlertSource.GRAFANA,
        "group": "g",
        "title": "Slow answers",
    }
    return VendorAlert.model_validate({**facts, **fields})


def test_the_first_route_that_fits_wins_over_everything_else() -> None:
    table = RoutingTable(
        routes=(
            Route(service="till", source=AlertSource.DATADOG),
            Route(service="till", match={"team": "pay*", "title": "Slow*"}, environment="stage"),
            Route(service="shop"),
        )
    )
    routed = table.route(told(service="shop", labels={"team": "payments"}), SERVICES, "shop")
    assert (routed.service, routed.environment) == ("till", "stage")
    assert routed.reason == "route 2 matches"
    assert table.route(told(), SERVICES).reason == "route 3 matches"


@pytest.mark.parametrize(
    ("fields", "named", "service", "reason"),
    [
        ({"service": "till"}, "shop", "shop", "URL"),
        ({"service": "till"}, None, "till", "`service`"),
        ({"service": "x", "labels": {"job": "shop"}}, None, "shop", "`job`"),
        ({"labels": {"repository": "till"}}, "unknown", "till", "`repository`"),
        ({"labels": {"job": "x"}}, None, None, "no route matches"),
    ],
)
def test_without_a_route_the_url_or_the_alert_names_it(
    fields: dict[str, Any], named: str | None, service: str | None, reason: str
) -> None:
    routed = RoutingTable().route(told(**fields), SERVICES, named)
    assert routed.service == service
    assert reason in routed.reason


def test_the_fallback_takes_what_nobody_else_does() -> None:
    routed = RoutingTable(fallback="shop").route(told(labels={"job": "x"}), SERVICES)
    assert routed.service == "shop"
    assert "fallback" in routed.reason


def test_a_service_that_is_gone_takes_nothing() -> None:
    table = RoutingTable(routes=(Route(service="gone"),), fallback="gone")
    assert table.route(told(), SERVICES).service is None


@pytest.mark.parametrize(
    ("fields", "environment"),
    [({"environment": "stage"}, "stage"), ({}, "live")],
)
def test_the_alert_knows_best_where_it_happened(fields: dict[str, Any], environment: str) -> None:
    assert RoutingTable().route(told(**fields), SERVICES, "shop").environment == environment


def test_a_label_that_is_missing_fits_only_a_pattern_for_nothing() -> None:
    assert (
        RoutingTable(routes=(Route(service="shop", match={"team": "?*"}),))
        .route(told(), SERVICES)
        .service
        is None
    )


@pytest.mark.parametrize("source", [AlertSource.CIRCLECI, AlertSource.JENKINS])
def test_only_a_services_base_branch_counts_where_the_source_names_no_default(
    source: AlertSource,
) -> None:
    labels = {"project": "shop", "branch": "main"}
    assert RoutingTable().route(told(source=source, labels=labels), SERVICES).service == "shop"
    routed = RoutingTable().route(
        told(source=source, labels={**labels, "branch": "an-idea"}), SERVICES
    )
    assert routed.service is None
    assert routed.foreign
    assert "an-idea is not its base branch main" in routed.reason
    other = told(source=AlertSource.GRAFANA, labels={**labels, "branch": "an-idea"})
    assert RoutingTable().route(other, SERVICES).service == "shop"
