"""The product's own load run: `make bench`. Real server processes, over loopback, one person at a time.

Measures what the server's processes spend, not what a stopwatch says, so that a busy machine matters less.
"""
