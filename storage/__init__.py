"""What we keep, and for how short a time."""
