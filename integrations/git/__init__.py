"""Git: mirrors of repositories to read, and the code host that needs nothing but git."""
