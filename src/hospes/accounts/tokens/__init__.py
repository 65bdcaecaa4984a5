"""Personal tokens for programs: made, used and ended."""
