"""Carriers that speak their providers' HTTP and misbehave on demand, and a phone on a page to try it with.

It runs as a process of its own (`python -m simulator`) or inside a test (`simulator.serve.Running`). It knows
nothing of the program it talks to but its public URL, and it keeps everything in memory: nothing leaves this
machine.
"""
