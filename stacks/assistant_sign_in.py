"""Who signs in to the assistant: people in its own pool, or people of the identity providers behind the pool."""

from __future__ import annotations

from aws_cdk import Aws, SecretValue

from opensearch_ml.assistant.sign_in_pool import SignInPool
from settings import Environment
from settings.assistant import Assistant
from stacks.environment_stack import EnvironmentStack


def sign_in_pool(stack: EnvironmentStack, environment: Environment, assistant: Assistant) -> SignInPool:
    """The pool with the identity providers of the settings."""
    prefix = f"{environment.prefix}-{Aws.ACCOUNT_ID}"
    pool = SignInPool(
        stack,
        "People",
        domain_prefix=prefix,
        second_factor=assistant.second_factor,
        group_attribute=assistant.group_attribute,
        removal_policy=stack.removal,
    )
    for name, provider in assistant.providers.items():
        if provider.metadata_url:
            pool.add_saml(name, provider.metadata_url, email=provider.email, groups=provider.groups)
        elif provider.issuer and provider.client_id and provider.secret:
            secret = SecretValue.secrets_manager(provider.secret.name, json_field=provider.secret.key)
            pool.add_oidc(
                name,
                issuer=provider.issuer,
                client_id=provider.client_id,
                client_secret=secret,
                email=provider.email,
                groups=provider.groups,
            )
    return pool
