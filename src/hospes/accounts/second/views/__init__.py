"""The pages of the second step. All of them run at the door, in one transaction (`accounts.middleware.doors`)."""
