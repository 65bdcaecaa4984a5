"""What is measured, against what: each benchmark has its floor in the same run, and a target for the ratio."""
