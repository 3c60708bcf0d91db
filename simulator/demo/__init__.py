"""`make run`: the program with simulated carriers, and secrets of its own."""
