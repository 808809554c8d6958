//! Programs that sign in: user agents with what the service reads from them, client applications, outcomes.
//!
//! Tables only. Error codes and texts: entra-docs reference-error-codes; client application names: entra-docs
//! concept-sign-ins.

/// A user agent.
#[derive(Debug)]
pub(crate) struct Agent {
    /// The header.
    pub(crate) header: &'static str,
    /// `deviceDetail.browser`
    pub(crate) browser: &'static str,
    /// `deviceDetail.operatingSystem`
    pub(crate) system: &'static str,
}

const fn agent(header: &'static str, browser: &'static str, system: &'static str) -> Agent {
    Agent { header, browser, system }
}

/// What people use, by share.
pub(crate) static AGENTS: [Agent; 8] = [
    agent(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
        "Edge 139.0.0",
        "Windows11",
    ),
    agent(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
        "Chrome 138.0.0",
        "Windows10",
    ),
    agent(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
        "Safari 18.5",
        "MacOs",
    ),
    agent(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 PKeyAuth/1.0",
        "Mobile Safari",
        "Ios 18.5",
    ),
    agent(
        "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.63 Mobile Safari/537.36 PKeyAuth/1.0",
        "Chrome Mobile 138.0.7204",
        "Android 15",
    ),
    agent(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; WebView/3.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.102 Safari/537.36 Edge/18.22631",
        "Edge 18.22631",
        "Windows11",
    ),
    agent("Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0", "Firefox 141.0", "Linux"),
    agent("Dalvik/2.1.0 (Linux; U; Android 14; SM-S918B Build/UP1A.231005.007)", "", "Android 14"),
];

/// What old mail programs send.
pub(crate) static LEGACY_AGENT: Agent = agent("BAV2ROPC", "", "");

/// How a sign-in ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// AADSTS number; 0 is success.
    pub(crate) code: u32,
    /// `status.failureReason`
    pub(crate) reason: &'static str,
    /// `status.additionalDetails`; empty is null.
    pub(crate) details: &'static str,
    /// How many of 1,000 sign-ins end so.
    pub(crate) share: u32,
}

const fn outcome(code: u32, share: u32, reason: &'static str, details: &'static str) -> Outcome {
    Outcome { code, reason, details, share }
}

/// Success.
pub(crate) static SUCCESS: Outcome = outcome(0, 0, "Other.", "");
/// Success with a second factor.
pub(crate) static SUCCESS_MFA: Outcome = outcome(0, 0, "Other.", "MFA requirement satisfied by claim in the token");
/// Wrong password.
pub(crate) static BAD_PASSWORD: Outcome = outcome(
    50_126,
    0,
    "Error validating credentials due to invalid username or password.",
    "The user didn't enter the right credentials.  It's expected to see some number of these errors in your logs due to users making mistakes.",
);
/// Story 1.
pub(crate) static BLOCKED: Outcome = outcome(
    53_003,
    0,
    "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    "",
);
/// Story 5.
pub(crate) static DEVICE_GONE: Outcome = outcome(
    700_003,
    0,
    "Your organization has deleted this device. To fix this, contact your system administrator.",
    "Device object was not found in the tenant directory.",
);
/// Story 2.
pub(crate) static SECRET_EXPIRED: Outcome = outcome(
    7_000_222,
    0,
    "The provided client secret keys for app are expired. Visit the Azure portal to create new keys for your app, or consider using certificate credentials for added security.",
    "",
);

/// Interactive failures, by share; the rest succeeds.
pub(crate) static INTERACTIVE: [Outcome; 16] = [
    outcome(
        50_126,
        38,
        "Error validating credentials due to invalid username or password.",
        "The user didn't enter the right credentials.  It's expected to see some number of these errors in your logs due to users making mistakes.",
    ),
    outcome(
        50_140,
        30,
        "This error occurred due to 'Keep me signed in' interrupt when the user was signing-in.",
        "User needs to perform multi-factor authentication.",
    ),
    outcome(
        50_074,
        25,
        "Strong Authentication is required.",
        "User needs to perform multi-factor authentication. There could be multiple things requiring multi-factor, e.g. Conditional Access policies, per-user enforcement, requested by client, among others.",
    ),
    outcome(
        50_076,
        14,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.",
        "",
    ),
    outcome(
        500_121,
        10,
        "Authentication failed during strong authentication request.",
        "MFA denied; user declined the authentication",
    ),
    outcome(50_058, 8, "Session information is not sufficient for single-sign-on.", ""),
    outcome(50_097, 7, "Device authentication is required.", ""),
    outcome(50_055, 5, "Invalid password, entered expired password.", ""),
    outcome(
        50_053,
        4,
        "Account is locked because user tried to sign in too many times with an incorrect user ID or password.",
        "",
    ),
    outcome(
        65_001,
        4,
        "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.",
        "",
    ),
    outcome(
        50_072,
        4,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access the resource.",
        "",
    ),
    outcome(
        16_000,
        3,
        "InteractionRequired - User account from external identity provider does not exist in the tenant and cannot access the application. The account needs to be added as an external user in the tenant first.",
        "",
    ),
    outcome(
        53_000,
        3,
        "Device is not in required device state. Conditional Access policy requires a compliant device, and the device is not compliant. The user must enroll their device with an approved MDM provider like Intune.",
        "",
    ),
    outcome(50_057, 2, "User account is disabled. The account has been disabled by an administrator.", ""),
    outcome(50_125, 2, "Sign-in was interrupted due to a password reset or password registration entry.", ""),
    outcome(50_105, 2, "The signed in user is not assigned to a role for the signed in application.", ""),
];

/// Failures of silent sign-ins, by share.
pub(crate) static SILENT: [Outcome; 7] = [
    outcome(50_097, 18, "Device authentication is required.", ""),
    outcome(
        70_044,
        14,
        "The session has expired or is invalid due to sign-in frequency checks by Conditional Access.",
        "",
    ),
    outcome(
        50_173,
        9,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.",
        "",
    ),
    outcome(
        50_076,
        8,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.",
        "",
    ),
    outcome(700_082, 6, "The refresh token has expired due to inactivity.", ""),
    outcome(
        70_043,
        4,
        "The refresh token has expired or is invalid due to sign-in frequency checks by Conditional Access.",
        "",
    ),
    outcome(70_000, 3, "The provided value for the input parameter 'code' is not valid.", ""),
];

/// Failures of services, by share.
pub(crate) static SERVICE: [Outcome; 4] = [
    outcome(7_000_215, 6, "Invalid client secret is provided.", ""),
    outcome(700_027, 3, "Client assertion contains an invalid signature.", ""),
    outcome(500_011, 3, "The resource principal was not found in the tenant.", ""),
    outcome(
        700_016,
        2,
        "Application was not found in the directory/tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
        "",
    ),
];

/// The outcome that a draw chooses from a table; none is success.
pub(crate) fn choose(table: &'static [Outcome], draw: u64) -> Option<&'static Outcome> {
    let mut left = (draw % 1_000) as u32;
    for outcome in table {
        match left.checked_sub(outcome.share) {
            None => return Some(outcome),
            Some(rest) => left = rest,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_sign_ins_succeed_and_every_failure_can_happen() {
        for table in [&INTERACTIVE[..], &SILENT[..], &SERVICE[..]] {
            let failures: Vec<u32> =
                (0..1_000).filter_map(|draw| choose(table, draw)).map(|found| found.code).collect();
            assert!(failures.len() < 200);
            assert!(table.iter().all(|row| failures.contains(&row.code)));
        }
    }
}
