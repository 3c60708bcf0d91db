"""A4, upright: 210 by 297 mm at four units a millimetre, and what may not be cut where one ends."""

import math

UNITS_A_MM = 4
WIDTH, HEIGHT = 210 * UNITS_A_MM, 297 * UNITS_A_MM
SIDE, TOP, FOOT = 34, 38, 46  # white edges that every printer leaves
GUTTER = 53
INNER = WIDTH - 2 * SIDE


class Sheets:
    """Sheets lie one below the other without a gap."""

    @staticmethod
    def number(y: float) -> int:
        """The sheet on which this height lies, from 0."""
        return int(y // HEIGHT)

    @staticmethod
    def fit(y: float, height: float) -> float:
        """Where something of this height can stand, at `y` or at the top of the next sheet."""
        sheet = Sheets.number(y)
        top, foot = sheet * HEIGHT + TOP, (sheet + 1) * HEIGHT - FOOT
        if y <= top or y + height <= foot:
            return round(max(y, top), 1)
        return float(foot + FOOT + TOP)

    @staticmethod
    def of(y: float) -> int:
        """How many sheets it takes to hold all that ends at `y`."""
        return max(1, math.ceil((y - FOOT) / HEIGHT))
