"""All vendors whose webhooks the gateway takes in: one line each."""

from collections.abc import Mapping

from integrations.alertmanager.webhook import AlertmanagerWebhook
from integrations.circleci.webhook import CircleciWebhook
from integrations.datadog.webhook import DatadogWebhook
from integrations.github.news import GitHubNews
from integrations.github.webhook import GitHubWebhook
from integrations.gitlab.news import GitLabNews
from integrations.gitlab.webhook import GitlabWebhook
from integrations.grafana.webhook import GrafanaWebhook
from integrations.inbound import NewsReader, Webhook
from integrations.jenkins.webhook import JenkinsWebhook
from integrations.jira.news import JiraNews
from integrations.jira.webhook import JiraWebhook
from integrations.linear.news import LinearNews
from integrations.linear.webhook import LinearWebhook
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
        JiraWebhook(),
        LinearWebhook(),
        PagerDutyWebhook(),
        SentryWebhook(),
    )
}
"""By name, which is the last part of its path."""

NEWS: Mapping[str, NewsReader] = {
    "github": GitHubNews(),
    "gitlab": GitLabNews(),
    "jira": JiraNews(),
    "linear": LinearNews(),
}
"""Readers of what is no alert, by the vendor's name."""
