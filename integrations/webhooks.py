"""All vendors whose webhooks the gateway takes in: one line each."""

from collections.abc import Mapping

from integrations.alertmanager.webhook import AlertmanagerWebhook
from integrations.circleci.webhook import CircleciWebhook
from integrations.datadog.webhook import DatadogWebhook
from integrations.github.webhook import GitHubWebhook
from integrations.gitlab.webhook import GitlabWebhook
from integrations.grafana.webhook import GrafanaWebhook
from integrations.inbound import Webhook
from integrations.jenkins.webhook import JenkinsWebhook
from integrations.pagerduty.webhook import PagerDutyWebhook
from integrations.sentry.webhook import SentryWebhook

WEBHOOKS: Mapping[str, Webhook] = {
    webhook.source.value: webhook
    for webhook in (
        AlertmanagerWebhook(),
        CircleciWebhook(),
        DatadogWebhook(),
        GitHubWebhook(),
        GitlabWebhook(),
        GrafanaWebhook(),
        JenkinsWebhook(),
        PagerDutyWebhook(),
        SentryWebhook(),
    )
}
"""By name, which is the last part of its path."""
