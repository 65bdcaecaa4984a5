"""A mail server that accepts everything, delivers nothing and shows what came."""
