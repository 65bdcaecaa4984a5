"""hospes: what a web hosting company runs its relation with its customers on."""

__version__ = "0.1.0"
