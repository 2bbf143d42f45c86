"""SignInPool: the users of the assistant, and their sign-in page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from aws_cdk import Aws, Duration, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge

# The scope of agents' access tokens.
AGENT_SCOPE = "read"


class SignInPool(Construct):
    """A Cognito user pool: users are invited, and sign in with their e-mail address.

    Amazon serves the sign-in page at `<domain_prefix>.auth.<region>.amazoncognito.com`; the prefix must be unique in
    the region. In GovCloud the host has `auth-fips` instead of `auth`, and the stack must name its region.

    With `second_factor="required"` every user needs an authenticator app, which the sign-in page sets up at the first
    sign-in. With `optional` no page of Cognito sets one up. Tokens of the client then have the scope with which a
    person sets it up at `api`, the address of Cognito's operations.

    `add_oidc` and `add_saml` let people sign in with another identity provider. The provider's groups of a person go
    into the custom attribute `group_attribute`. `add_client` creates the client of a page, without which nobody can
    sign in; call it last. Raises ValueError for an optional second factor together with `group_attribute`.

    Example::

        pool = ml.SignInPool(stack, "People", domain_prefix="articles-111122223333")
        pool.add_client("https://help.example.com/rag")
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        domain_prefix: str,
        second_factor: Literal["off", "optional", "required"] = "off",
        group_attribute: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        self._stays = removal_policy != RemovalPolicy.DESTROY
        if second_factor == "optional" and group_attribute:
            raise ValueError("A person who sets up a factor may write their own groups; take required, or no groups.")
        # `openid` without other scopes puts all attributes that the client may read into the ID token. With
        # COGNITO_ADMIN a person can set up their own second factor.
        self._scopes = [cognito.OAuthScope.OPENID]
        if second_factor == "optional":
            self._scopes.append(cognito.OAuthScope.COGNITO_ADMIN)
        # The scopes that the page requests at a sign-in.
        self.scope = " ".join(scope.scope_name for scope in self._scopes)
        self._group_attribute = group_attribute
        self._providers: dict[str, Construct] = {}
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa[second_factor.upper()],
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False) if second_factor != "off" else None,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(7),
            ),
            custom_attributes=_groups_in(group_attribute) if group_attribute else None,
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            # A protected pool cannot be removed again when the creation of its stack is rolled back.
            deletion_protection=removal_policy == RemovalPolicy.RETAIN,
            removal_policy=removal_policy,
        )
        self.id = self.pool.user_pool_id
        self._domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=domain_prefix),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        # Nobody can sign in to a retained pool without its domain.
        self._domain.apply_removal_policy(removal_policy)
        # https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-cog.html
        auth = "auth-fips" if Stack.of(self).region.startswith("us-gov-") else "auth"
        self.address = f"https://{domain_prefix}.{auth}.{Aws.REGION}.amazoncognito.com"
        # The address of the operations that take a person's token.
        self.api = f"https://cognito-idp.{Aws.REGION}.{Aws.URL_SUFFIX}/"
        alone = "Passwords have at least twelve characters of all kinds, and a setting requires a second factor."
        acknowledge(
            self.pool,
            {
                **({} if second_factor == "required" else {"AwsSolutions-COG2": alone}),
                "AwsSolutions-COG8": "Threat protection needs a more expensive plan, which Amazon bills for each user.",
            },
        )

    def add_oidc(
        self,
        name: str,
        *,
        issuer: str,
        client_id: str,
        client_secret: SecretValue,
        email: str = "email",
        groups: str | None = None,
    ) -> None:
        """Let people sign in with an OpenID Connect provider; `email` and `groups` are claims of its tokens.

        The `client_secret` must be a reference, for example to Secrets Manager, because CloudFormation reads the value.
        Raises ValueError for `groups` in a pool without a `group_attribute`.
        """
        self._providers[name] = cognito.UserPoolIdentityProviderOidc(
            self,
            name,
            user_pool=self.pool,
            name=name,
            issuer_url=issuer,
            client_id=client_id,
            client_secret=client_secret.unsafe_unwrap(),
            scopes=["openid", "email", "profile"],
            attribute_mapping=self._mapping(email, groups),
        )

    def add_saml(self, name: str, metadata_url: str, *, email: str = "email", groups: str | None = None) -> None:
        """Let people sign in with a SAML provider; `email` and `groups` are attributes of its assertions.

        Raises ValueError for `groups` in a pool without a `group_attribute`.
        """
        self._providers[name] = cognito.UserPoolIdentityProviderSaml(
            self,
            name,
            user_pool=self.pool,
            name=name,
            metadata=cognito.UserPoolIdentityProviderSamlMetadata.url(metadata_url),
            attribute_mapping=self._mapping(email, groups),
        )

    def _mapping(self, email: str, groups: str | None) -> cognito.AttributeMapping:
        if groups and not self._group_attribute:
            raise ValueError("groups is set, but the pool has no group_attribute; set it to custom:groups.")
        custom = {str(self._group_attribute): cognito.ProviderAttribute.other(groups)} if groups else None
        return cognito.AttributeMapping(email=cognito.ProviderAttribute.other(email), custom=custom)

    def _attributes(self) -> cognito.ClientAttributes | None:
        """The attributes in the client's tokens, which the pool may also write when another provider signs a person in.

        None means Cognito's default.
        """
        if not self._group_attribute:
            return None
        standard = cognito.ClientAttributes().with_standard_attributes(email=True)
        return standard.with_custom_attributes(self._group_attribute.removeprefix("custom:"))

    def add_client(self, page: str, also: Sequence[str] = ()) -> str:
        """Create a client without a secret for the page at this address, and return its id. Users return to `page`.

        They also return to the page's other addresses, `also`. The invitation mail contains the first of these. Without
        any, it contains `page` if the pool is removed with its stack; a retained pool cannot refer to an address that
        is removed.
        """
        if also or not self._stays:
            self._invite_to(also[0] if also else page)
        settings = cognito.OAuthSettings(
            flows=cognito.OAuthFlows(authorization_code_grant=True),
            scopes=self._scopes,
            callback_urls=[page, *also],
            logout_urls=[page, *also],
        )
        # With a token from an SRP sign-in, a person can write their own attributes, and so choose their groups.
        return self._client("Page", "Branding", settings, srp=not self._group_attribute).user_pool_client_id

    def add_agents(self, resource: str, callbacks: Sequence[str]) -> tuple[str, str]:
        """Create a client without a secret for agents, and return its id and the scope of its access tokens.

        `resource` is the address of the tools. An agent names it when it requests a token. Cognito refuses an address
        that is not a resource server of the pool. The sign-in page sends users back to one of `callbacks`.
        """
        scope = cognito.ResourceServerScope(scope_name=AGENT_SCOPE, scope_description="Ask and read the documents")
        # By default the name is the identifier, but Cognito refuses a name with the colon of an address.
        server = self.pool.add_resource_server(
            "Tools", identifier=resource, scopes=[scope], user_pool_resource_server_name="Tools"
        )
        settings = cognito.OAuthSettings(
            flows=cognito.OAuthFlows(authorization_code_grant=True),
            scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.resource_server(server, scope)],
            callback_urls=[*callbacks],
        )
        client = self._client("Agents", "AgentsBranding", settings, srp=False)
        return client.user_pool_client_id, f"{resource}/{AGENT_SCOPE}"

    def _client(
        self, id: str, branding_id: str, settings: cognito.OAuthSettings, *, srp: bool
    ) -> cognito.UserPoolClient:
        client = self.pool.add_client(
            id,
            generate_secret=False,
            # Without a value, CloudFormation names no flows, and Cognito then allows SRP.
            auth_flows=cognito.AuthFlow(user_srp=srp),
            read_attributes=self._attributes(),
            write_attributes=self._attributes(),
            o_auth=settings,
            supported_identity_providers=[
                cognito.UserPoolClientIdentityProvider.COGNITO,
                *(cognito.UserPoolClientIdentityProvider.custom(name) for name in self._providers),
            ],
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(1),
        )
        client.node.add_dependency(*self._providers.values())
        # Without a branding the newer sign-in page reports that it is not available.
        branding = cognito.CfnManagedLoginBranding(
            self,
            branding_id,
            user_pool_id=self.id,
            client_id=client.user_pool_client_id,
            use_cognito_provided_values=True,
        )
        branding.node.add_dependency(self._domain)
        return client

    def _invite_to(self, page: str) -> None:
        """Set the invitation mail after the pool, because the page's address is not known earlier."""
        resource = self.pool.node.default_child
        assert isinstance(resource, cognito.CfnUserPool)  # noqa: S101 for the type checker
        message = (
            f"You may ask about your documents at {page}<br><br>Sign in as {{username}} with the password<br>{{####}}"
            "<br>It is valid for seven days. You then choose your own password."
        )
        resource.add_property_override(
            "AdminCreateUserConfig.InviteMessageTemplate",
            {"EmailSubject": "You are invited to ask about your documents", "EmailMessage": message},
        )


def _groups_in(attribute: str) -> dict[str, cognito.ICustomAttribute]:
    """The custom attribute for a list of groups; without a length, Cognito refuses values over 256 characters."""
    return {attribute.removeprefix("custom:"): cognito.StringAttribute(mutable=True, max_len=2048)}
