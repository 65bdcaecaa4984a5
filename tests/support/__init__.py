"""What the tests share: where they run, their database, whose rights they have, and how rows are made."""
