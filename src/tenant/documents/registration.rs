//! What people have registered for sign-in: registration details and authentication methods.
//!
//! Source: <https://learn.microsoft.com/graph/api/resources/userregistrationdetails>, `…/authenticationmethod`.

use serde_json::{Value, json};

use crate::tenant::world::{User, World, stamp};

/// What a user has registered for sign-in.
pub(super) fn details(world: &World, user: &User) -> Value {
    let is_registered = !world.draw("mfa", user.index).is_multiple_of(5);
    let methods: &[&str] = match (is_registered, user.index % 3) {
        (false, _) => &[],
        (true, 0) => &["microsoftAuthenticatorPush", "softwareOneTimePasscode"],
        (true, 1) => &["mobilePhone", "microsoftAuthenticatorPush"],
        _ => &["fido2SecurityKey", "windowsHelloForBusiness"],
    };
    json!({
        "id": user.id,
        "userPrincipalName": user.upn,
        "userDisplayName": user.display_name,
        "isAdmin": matches!(user.index, 0 | 1 | 3 | 29),
        "isSsprRegistered": is_registered,
        "isSsprEnabled": !user.is_guest,
        "isSsprCapable": is_registered && !user.is_guest,
        "isMfaRegistered": is_registered,
        "isMfaCapable": is_registered,
        "isPasswordlessCapable": methods.contains(&"fido2SecurityKey"),
        "lastUpdatedDateTime": stamp(world.past("registration", user.index, 0, 3)),
        "methodsRegistered": methods,
        "isSystemPreferredAuthenticationMethodEnabled": true,
        "systemPreferredAuthenticationMethods": methods.first().map(|_| ["push"]).into_iter().flatten().collect::<Vec<_>>(),
        "userPreferredMethodForSecondaryAuthentication": if is_registered { "push" } else { "none" },
        "userType": if user.is_guest { "guest" } else { "member" },
    })
}

/// The authentication methods of a user; asked for only where the customer opted in.
pub(super) fn methods(world: &World, user: &User) -> Vec<Value> {
    let mut methods = vec![json!({
        "@odata.type": "#microsoft.graph.passwordAuthenticationMethod",
        // The same id in every tenant.
        "id": "28c10230-6103-485e-b985-444c60001490",
        "password": null,
        "createdDateTime": stamp(world.past("password", user.index, 2, 200)),
    })];
    methods.extend(user.mobile.as_ref().map(|number| {
        json!({
            "@odata.type": "#microsoft.graph.phoneAuthenticationMethod",
            "id": "3179e48a-750b-4051-897c-87b9720928f7",
            "phoneNumber": number,
            "phoneType": "mobile",
            "smsSignInState": "notAllowedByPolicy",
        })
    }));
    methods
}
