"""Who somebody is and what they may use: directory, passwords, activation codes, sessions, grants.

Imports `models`, `audit`, `throttle` and what everybody may import; never a request, never a page.
"""
