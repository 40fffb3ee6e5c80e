"""All benchmarks in one run: `make bench`."""

from benchmarks import candidates, gateway, sandbox, scale, workflow


def main() -> None:
    """Print one table after the other."""
    print("Alerts through the gateway, against bare signal-with-start on the same server")
    gateway.main()
    print()
    print("An incident's workflow, against a bare one with as many no-op activities")
    workflow.main()
    print()
    print("A run in the sandbox, against a bare process")
    sandbox.main()
    print()
    print("Candidates sorted out in one sandbox run, against one run for each")
    candidates.main()
    print()
    print("Evidence on a repository of a million lines, against ripgrep and git blame")
    scale.main()


if __name__ == "__main__":
    main()
