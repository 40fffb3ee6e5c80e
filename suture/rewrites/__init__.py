"""Small edits of source in other languages than Python, offered where a test is the proof."""
