"""The pages of one's own e-mail address."""
