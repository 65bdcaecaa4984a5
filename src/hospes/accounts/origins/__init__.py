"""Where from: places and browsers, open sessions, known devices, and limits to places (P11, P12, P25)."""
