"""The tests. Servers they need are in servers.py, what every test may ask for in conftest.py."""
