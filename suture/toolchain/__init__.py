"""How a project's tests are set up, started and read, a module per toolchain."""
