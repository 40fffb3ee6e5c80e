"""What is allowed: each question is answered by a pure function with reasons."""
