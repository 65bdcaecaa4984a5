"""A hosting panel that answers like DirectAdmin's classic API, its oddities included."""
