"""What a project depends on: read from manifests and lock files, never by running a tool."""
