"""What is defined where and who calls it, read from source by tree-sitter without running it."""
