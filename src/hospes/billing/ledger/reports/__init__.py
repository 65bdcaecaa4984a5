"""What the books say: each report is one query over sets, and a table that is shown, drawn and exported the same way."""
