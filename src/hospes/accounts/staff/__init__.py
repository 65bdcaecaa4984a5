"""Staff: who works for the operator, what their roles let them do, how they come and go."""
