"""Each vendor's documented payloads, by source. A vendor's own module holds them."""

from collections.abc import Mapping, Sequence

from suture.domain.alert import AlertSource
from tests.vendors import (
    alertmanager_samples,
    circleci_samples,
    datadog_samples,
    github_samples,
    gitlab_samples,
    grafana_samples,
    jenkins_samples,
    jira_samples,
    linear_samples,
    pagerduty_samples,
    sentry_samples,
)
from tests.vendors.sample import Sample

SAMPLES: Mapping[AlertSource, Sequence[Sample]] = {
    AlertSource.ALERTMANAGER: alertmanager_samples.SAMPLES,
    AlertSource.CIRCLECI: circleci_samples.SAMPLES,
    AlertSource.DATADOG: datadog_samples.SAMPLES,
    AlertSource.GITHUB: github_samples.SAMPLES,
    AlertSource.GITLAB: gitlab_samples.SAMPLES,
    AlertSource.GRAFANA: grafana_samples.SAMPLES,
    AlertSource.JENKINS: jenkins_samples.SAMPLES,
    AlertSource.JIRA: jira_samples.SAMPLES,
    AlertSource.LINEAR: linear_samples.SAMPLES,
    AlertSource.PAGERDUTY: pagerduty_samples.SAMPLES,
    AlertSource.SENTRY: sentry_samples.SAMPLES,
}
