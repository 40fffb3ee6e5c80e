"""The gateway: alerts and deployments in, over HTTP."""
