"""The office, as real requests."""
