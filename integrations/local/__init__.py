"""The embedded vendors: tracker, code host, chat and stores in Suture's own database."""
