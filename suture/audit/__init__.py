"""The record of decisions: how it is written, chained, checked and exported."""
