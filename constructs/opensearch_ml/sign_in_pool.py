"""SignInPool: the people who may use the assistant, and the page on which they sign in."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge


class SignInPool(Construct):
    """A Cognito user pool: by invitation only, by email address, with a second factor for whoever wants one.

    Amazon serves the sign-in page at `<domain_prefix>.auth.<region>.amazoncognito.com`; the prefix is one of a kind
    in its region. `let_in` makes the client of a page, without which nobody can sign in.

    Example::

        pool = ml.SignInPool(stack, "People", domain_prefix="articles-111122223333")
        pool.let_in("https://help.example.com/rag")
    """

    def __init__(
        self, scope: Construct, id: str, *, domain_prefix: str, removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    ) -> None:
        super().__init__(scope, id)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(7),
            ),
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            deletion_protection=removal_policy == RemovalPolicy.RETAIN,
            removal_policy=removal_policy,
        )
        self.id = self.pool.user_pool_id
        self._domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=domain_prefix),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        self.address = f"https://{domain_prefix}.auth.{Aws.REGION}.amazoncognito.com"
        acknowledge(
            self.pool,
            {
                "AwsSolutions-COG2": "A second factor is each user's choice; whoever needs it for all sets it here.",
                "AwsSolutions-COG3": "Threat protection is a plan of its own that is billed by the user.",
                "AwsSolutions-COG8": "Threat protection is a plan of its own that is billed by the user.",
            },
        )

    def let_in(self, page: str) -> str:
        """The id of a client for the `page` of that address, to which its users come back; it holds no secret."""
        client = self.pool.add_client(
            "Page",
            generate_secret=False,
            auth_flows=cognito.AuthFlow(user_srp=True),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID],
                callback_urls=[page],
                logout_urls=[page],
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(1),
        )
        # Without a branding the newer sign-in page says that it is not available.
        branding = cognito.CfnManagedLoginBranding(
            self,
            "Branding",
            user_pool_id=self.id,
            client_id=client.user_pool_client_id,
            use_cognito_provided_values=True,
        )
        branding.node.add_dependency(self._domain)
        return client.user_pool_client_id
