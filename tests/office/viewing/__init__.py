"""Seeing as the customer sees."""
