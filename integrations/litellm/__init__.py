"""Any language model, through litellm."""
