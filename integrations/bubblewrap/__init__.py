"""The embedded sandbox: bubblewrap, https://github.com/containers/bubblewrap."""
