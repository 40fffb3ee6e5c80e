"""GitLab: what happens to its pipelines, jobs and deployments."""
