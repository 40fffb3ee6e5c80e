"""Runs the command line as `python -m apps.cli`."""

from apps.cli.main import main

if __name__ == "__main__":
    main()
