"""Pictures of the flows, for those who read what the bot says without reading its files.

telling.py makes cards of a flow, overview.py of the whole dialogue; forest.py numbers them and decides which hangs on
which; layout.py places them on sheets of A4; ink.py writes the SVG; folder.py the files. The same dialogue gives the
same bytes: nothing here knows the time.
"""
