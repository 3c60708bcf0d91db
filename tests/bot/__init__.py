"""Tests of what we say: no database, no HTTP, no clock."""
