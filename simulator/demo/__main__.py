"""`python -m simulator.demo`: what `make run` starts."""

from simulator.demo.running import main

if __name__ == "__main__":
    raise SystemExit(main())
