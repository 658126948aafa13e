"""A demo application that trusts an OpenID Connect provider.

It knows that provider by HTTP and discovery only, so it may not import anything of `idp`.
Start it with `python -m relying_party_demo`; RELYING_PARTY_CONFIG names its JSON configuration.
"""
