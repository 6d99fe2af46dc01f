"""What givers are sent, and the papers in it."""
