"""The reports of the office: which there are, how they are drawn, and the files that can be made of them."""
