"""Jenkins: what its Notification plugin says of builds."""
