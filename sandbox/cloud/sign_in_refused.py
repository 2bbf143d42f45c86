"""SignInRefused: the reason why an identity provider, or its answer about a user, is refused."""


class SignInRefused(Exception):
    """Its text is a sentence for the user who signs in, or for the person who configures the provider."""
