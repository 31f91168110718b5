"""AADSTS codes: the OAuth error, the HTTP status at the token endpoint, the text.

"Microsoft Entra authentication and authorization error codes"; the error classes are RFC 6749, section 5.2.
"""

CATALOG: dict[int, tuple[str, int, str]] = {
    1002012: (
        "invalid_scope",
        400,
        "The provided value for scope {scope} is not valid. Client credential flows must have a "
        "scope value with /.default suffixed to the resource identifier (application ID URI).",
    ),
    16000: (
        "interaction_required",
        400,
        "The account is not usable for this tenant; choose another account.",
    ),
    500011: (
        "invalid_resource",
        400,
        "The resource principal named {resource} was not found in the tenant named {tenant}.",
    ),
    50011: (
        "invalid_request",
        400,
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs "
        "configured for the application '{app}'. Make sure the redirect URI sent in the request "
        "matches one added to your application.",
    ),
    500112: ("invalid_grant", 400, "The reply address does not match the one of the authorization request."),
    500113: ("invalid_request", 400, "No reply address is registered for the application."),
    50020: (
        "access_denied",
        400,
        "User account '{user}' from identity provider 'https://sts.windows.net/{home}/' does not "
        "exist in tenant '{tenant}' and cannot access the application '{app}' in that tenant. The"
        " account needs to be added as an external user in the tenant first.",
    ),
    50057: ("invalid_grant", 400, "The user account is disabled."),
    50058: ("login_required", 400, "A silent sign-in request was sent but no user is signed in."),
    50059: (
        "invalid_request",
        400,
        "No tenant-identifying information found in either the request or implied by any provided"
        " credentials.",
    ),
    501481: (
        "invalid_grant",
        400,
        "The Code_Verifier does not match the code_challenge of the authorization request.",
    ),
    50194: (
        "unauthorized_client",
        400,
        "Application '{app}' is not configured as a multi-tenant application. Usage of the "
        "/common endpoint is not supported for such apps. Use a tenant-specific endpoint or "
        "configure the application to be multi-tenant.",
    ),
    50196: (
        "invalid_grant",
        400,
        "The server terminated an operation because it encountered a client request loop.",
    ),
    53003: (
        "invalid_grant",
        400,
        "Access has been blocked by Conditional Access policies. The access policy does not allow"
        " token issuance.",
    ),
    54005: (
        "invalid_grant",
        400,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code.",
    ),
    65001: (
        "invalid_grant",
        400,
        "The user or administrator has not consented to use the application with ID '{app}'. Send"
        " an interactive authorization request for this user and resource.",
    ),
    65004: ("access_denied", 400, "User declined to consent to access the app."),
    65005: (
        "invalid_resource",
        400,
        "The application '{app}' asked for access to the resource '{resource}' that is "
        "unavailable or misconfigured.",
    ),
    650051: (
        "invalid_request",
        400,
        "Using application '{app}' is currently not possible: the service principal name is "
        "already present for the tenant. Please try again later.",
    ),
    650052: (
        "invalid_client",
        400,
        "The app is trying to access a service that your organization lacks a service principal "
        "for. Contact your IT admin to review the configuration of your service subscriptions.",
    ),
    700005: (
        "invalid_grant",
        400,
        "The provided authorization code is intended to use against other tenant.",
    ),
    7000112: ("unauthorized_client", 400, "Application '{app}'({name}) is disabled."),
    700016: (
        "unauthorized_client",
        400,
        "Application with identifier '{app}' was not found in the directory '{tenant}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or "
        "consented to by any user in the tenant. You may have sent your authentication request to"
        " the wrong tenant.",
    ),
    7000215: (
        "invalid_client",
        401,
        "Invalid client secret provided. Ensure the secret being sent in the request is the "
        "client secret value, not the client secret ID, for a secret added to app '{app}'.",
    ),
    7000218: (
        "invalid_client",
        401,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    7000222: ("invalid_client", 401, "The provided client secret keys for app '{app}' are expired."),
    7000229: (
        "invalid_client",
        401,
        "The client application '{app}' is missing service principal in the tenant '{tenant}'. "
        "See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    ),
    700024: ("invalid_client", 401, "Client assertion is not within its valid time range."),
    700027: (
        "invalid_client",
        401,
        "The certificate with identifier used to sign the client assertion is {reason}.",
    ),
    70003: ("unsupported_grant_type", 400, "The app returned an unsupported grant type: '{grant}'."),
    700054: ("unsupported_response_type", 400, "response_type '{type}' is not enabled for the application."),
    70008: ("invalid_grant", 400, "The provided authorization code or refresh token has expired."),
    700082: ("invalid_grant", 400, "The refresh token is unknown or has expired due to inactivity."),
    70011: (
        "invalid_scope",
        400,
        "The provided request must include a 'scope' input parameter. The provided value for the "
        "input parameter 'scope' is not valid. The scope {scope} is not valid.",
    ),
    90002: (
        "invalid_request",
        400,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant.",
    ),
    900023: (
        "invalid_request",
        400,
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    ),
    9001023: (
        "invalid_grant",
        400,
        "The grant type is not supported over the /common or /consumers endpoints.",
    ),
    900144: ("invalid_request", 400, "The request body must contain the following parameter: '{name}'."),
    9002313: ("invalid_request", 400, "Invalid request. Request is malformed or invalid."),
    90038: ("invalid_request", 400, "The tenant specified in the request belongs to another national cloud."),
    900382: ("invalid_request", 400, "Confidential Client is not supported in Cross Cloud request."),
    900432: ("invalid_request", 400, "Confidential Client is not supported in Cross Cloud request."),
    90055: (
        "temporarily_unavailable",
        429,
        "There are too many requests from this tenant. Please try again later.",
    ),
    90094: (
        "access_denied",
        400,
        "Admin consent is required for the permissions requested by '{name}'. {name} needs "
        "permission to access resources in your organization that only an admin can grant.",
    ),
}
