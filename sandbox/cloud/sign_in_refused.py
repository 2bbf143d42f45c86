"""SignInRefused: why an identity provider, or what it says of a person, is refused."""


class SignInRefused(Exception):
    """Its text is a sentence for the person who signs in, or for whoever makes the provider."""
