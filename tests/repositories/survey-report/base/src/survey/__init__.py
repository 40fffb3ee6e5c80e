"""Reports on customer surveys."""
