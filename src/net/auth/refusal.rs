//! What Entra's sign-in server means by a refusal, and what to do about it.
//!
//! Takes the JSON error body of a token endpoint, gives a [`Refusal`] that can be shown: the codes and the ids
//! that Support asks for, never the server's own sentence, which names users, apps and tenants.
//! Source: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes> and RFC 6749 §5.2.

use std::fmt;

/// One code that customers meet. Sorted by code; adding one is adding a row.
struct Row {
    code: u32,
    said: &'static str,
    next: &'static str,
}

const fn row(code: u32, said: &'static str, next: &'static str) -> Row {
    Row { code, said, next }
}

const SECRET_NEW: &str = "make a new one under App registrations > Certificates & secrets and set AZURE_CLIENT_SECRET";
const ANOTHER_WAY: &str =
    "ask for an exception, or sign in another way: --auth azure-cli, or --auth client-certificate";
const ADMIN_CONSENT: &str =
    "let an administrator grant it under Enterprise applications > (the app) > Permissions > Grant admin consent";
const CHECK_TENANT: &str = "check --tenant and --cloud";
const SIGN_IN_AGAIN: &str = "sign in again (for --auth azure-cli: `az login`)";

const ROWS: &[Row] = &[
    row(16000, "the account is not known to this tenant, or several accounts are signed in", SIGN_IN_AGAIN),
    row(
        50020,
        "the account comes from another tenant and is no guest in this one",
        "sign in with an account of this tenant",
    ),
    row(50034, "the account does not exist in this tenant", "check the account's name and --tenant"),
    row(
        50053,
        "the account is locked, or the address it signs in from is blocked",
        "wait, or let an administrator unlock it",
    ),
    row(50055, "the password has expired", "change it in a browser, then sign in again"),
    row(50057, "the account is disabled", "use another account, or enable it"),
    row(50058, "no one is signed in any more", SIGN_IN_AGAIN),
    row(50059, "the sign-in names no tenant", "give --tenant"),
    row(50072, "the account must first register for multifactor authentication", "register at https://aka.ms/mfasetup"),
    row(
        50076,
        "multifactor authentication is required",
        "sign in interactively: `az login --tenant TENANT` and --auth azure-cli, or --auth device-code",
    ),
    row(50078, "the multifactor authentication has expired", SIGN_IN_AGAIN),
    row(50079, "the account must first register for multifactor authentication", "register at https://aka.ms/mfasetup"),
    row(50097, "a registered device is required", ANOTHER_WAY),
    row(
        50105,
        "the account is not assigned to the application",
        "assign it under Enterprise applications > Users and groups",
    ),
    row(50126, "the user name or the password is wrong", "sign in again"),
    row(50128, "there is no such tenant", CHECK_TENANT),
    row(50131, "Conditional Access blocks the sign-in (device, network or risk)", ANOTHER_WAY),
    row(50158, "another security challenge must be met first", "sign in interactively: --auth device-code"),
    row(50173, "the sign-in was revoked (password changed or sessions ended)", SIGN_IN_AGAIN),
    row(
        50194,
        "the application belongs to one tenant only",
        "give that --tenant, or use an application of this tenant",
    ),
    row(53000, "Conditional Access asks for a compliant device", ANOTHER_WAY),
    row(53001, "Conditional Access asks for a joined device", ANOTHER_WAY),
    row(53003, "Conditional Access blocks this sign-in (many tenants block the device code flow)", ANOTHER_WAY),
    row(
        53004,
        "risk was seen: the account must register for multifactor authentication",
        "register from a trusted place",
    ),
    row(65001, "the application has no consent for what it asks", ADMIN_CONSENT),
    row(65004, "consent was declined", "sign in again and accept, or let an administrator consent"),
    row(70000, "the stored sign-in is no longer valid", SIGN_IN_AGAIN),
    row(70008, "the stored sign-in has expired", SIGN_IN_AGAIN),
    row(70011, "the requested scope is not known here", "check --cloud and the service addresses given"),
    row(70018, "the code that was typed is wrong", "start again and type the code as shown"),
    row(70019, "the code has expired", "start again and type the code within 15 minutes"),
    row(70043, "the sign-in has expired through Conditional Access sign-in frequency", SIGN_IN_AGAIN),
    row(90002, "there is no such tenant", CHECK_TENANT),
    row(90019, "the sign-in names no tenant", "give --tenant"),
    row(90033, "the sign-in service is busy", "try again in a few minutes"),
    row(90094, "an administrator's consent is required", ADMIN_CONSENT),
    row(90095, "an administrator's consent is required", ADMIN_CONSENT),
    row(135011, "the device is disabled", "sign in from another device, or enable it"),
    row(
        500011,
        "the service is not known in this tenant",
        "check --cloud; the service may never have been set up here",
    ),
    row(500133, "the assertion is not within its time", "set this machine's clock, then try again"),
    row(500341, "the account was deleted", "use another account"),
    row(501051, "the application is not assigned to the service", "assign it under Enterprise applications"),
    row(700003, "the device was deleted or disabled in Entra", "sign in from another device, or register it again"),
    row(
        700016,
        "the application does not exist in this tenant",
        "check AZURE_CLIENT_ID and --tenant, or consent to it here",
    ),
    row(700024, "the assertion is not within its time", "set this machine's clock, then try again"),
    row(
        700027,
        "the certificate is not registered for the application, or has expired",
        "upload its public part under App registrations > Certificates & secrets",
    ),
    row(700030, "the certificate is not valid for the application", "upload a valid certificate for it"),
    row(700082, "the stored sign-in has expired through long disuse", SIGN_IN_AGAIN),
    row(700084, "the stored sign-in has expired", SIGN_IN_AGAIN),
    row(700211, "no federated credential matches the token's issuer", "correct the app's federated credential"),
    row(700212, "no federated credential matches the token's audience", "correct the app's federated credential"),
    row(700213, "no federated credential matches the token's subject", "correct the app's federated credential"),
    row(7000112, "the application is disabled", "enable it under Enterprise applications > Properties"),
    row(7000215, "the client secret is wrong", "set AZURE_CLIENT_SECRET to the secret's value, not to its id"),
    row(7000216, "the application needs a secret or a certificate", "use --auth client-secret or client-certificate"),
    row(
        7000218,
        "the application is no public client",
        "turn on \"Allow public client flows\" for it, or use --auth client-secret or client-certificate",
    ),
    row(7000222, "the client secret has expired", SECRET_NEW),
];

/// A refusal of the sign-in server, reduced to what may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// OAuth's error word, for example `invalid_client`.
    pub error: String,
    /// Entra's number without its prefix: 7000215 of `AADSTS7000215`.
    pub code: Option<u32>,
    /// Entra's trace id, for Support.
    pub trace_id: Option<String>,
    /// Entra's correlation id, for Support.
    pub correlation_id: Option<String>,
}

#[derive(serde::Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    error: std::borrow::Cow<'a, str>,
    #[serde(default)]
    error_description: Option<String>,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    trace_id: Option<String>,
    #[serde(default)]
    correlation_id: Option<String>,
}

impl Refusal {
    /// Reads the body of a refused token request; `None` when it is no OAuth error.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body: Body<'_> = serde_json::from_slice(body).ok()?;
        let described = body.error_description.as_deref().and_then(described_code);
        Some(Self {
            error: word(&body.error)?,
            code: described.or_else(|| body.error_codes.first().copied()),
            trace_id: body.trace_id.filter(|id| is_guid(id)),
            correlation_id: body.correlation_id.filter(|id| is_guid(id)),
        })
    }

    /// A refusal of which only the words are known (from another program's output).
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let code = described_code(text)?;
        Some(Self { error: "refused".into(), code: Some(code), trace_id: None, correlation_id: None })
    }

    fn row(&self) -> Option<&'static Row> {
        let code = self.code?;
        ROWS.binary_search_by_key(&code, |row| row.code).ok().and_then(|at| ROWS.get(at))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.row()) {
            (Some(code), Some(row)) => write!(f, "sign-in refused, AADSTS{code}: {}. Next: {}", row.said, row.next)?,
            (Some(code), None) => {
                let error = &self.error;
                write!(
                    f,
                    "sign-in refused, AADSTS{code} ({error}). Next: see https://login.microsoftonline.com/error?code={code}"
                )?;
            }
            (None, _) => write!(f, "sign-in refused: {}. Next: {}", self.error, oauth_next(&self.error))?,
        }
        if let Some(id) = &self.trace_id {
            write!(f, "; trace id {id}")?;
        }
        if let Some(id) = &self.correlation_id {
            write!(f, "; correlation id {id}")?;
        }
        Ok(())
    }
}

/// What to do about an OAuth error that comes without Entra's number (RFC 6749 §5.2, RFC 8628 §3.5).
fn oauth_next(error: &str) -> &'static str {
    match error {
        "invalid_client" => "check AZURE_CLIENT_ID and the secret or certificate that belongs to it",
        "invalid_grant" => SIGN_IN_AGAIN,
        "invalid_scope" => "check --cloud and the service addresses given",
        "unauthorized_client" => "allow this way of signing in for the application, or choose another --auth",
        "authorization_declined" | "access_denied" => "sign in again and accept",
        "expired_token" | "bad_verification_code" => "start again and type the code in time",
        "temporarily_unavailable" | "server_error" => "try again in a few minutes",
        _ => "check --auth, --tenant and --login-url",
    }
}

/// The digits that follow the first `AADSTS` in Entra's description.
fn described_code(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("AADSTS")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| rest.get(..end).unwrap_or_default());
    digits.parse().ok()
}

/// An OAuth error word, if it is one: anything else could carry a value.
fn word(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    fits.then(|| text.to_owned())
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_unique_and_says_what_to_do() {
        assert!(ROWS.windows(2).all(|pair| pair[0].code < pair[1].code));
        for row in ROWS {
            assert!(!row.said.ends_with('.') && !row.next.ends_with('.'), "{}", row.code);
            assert!(row.said.len() > 10 && row.next.len() > 5, "{}", row.code);
        }
    }

    #[test]
    fn a_known_code_is_explained_and_the_servers_sentence_is_not_repeated() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided for app 'Harbor Payroll'. Trace ID: x",
            "error_codes":[7000215],"trace_id":"0e7e1d33-5a2b-4a7c-9d5e-1c8c0a7f3b00","correlation_id":"not a guid; harbor@alderwood.example"}"#;
        let refusal = Refusal::read(body).unwrap();
        let shown = refusal.to_string();
        assert!(shown.contains("AADSTS7000215") && shown.contains("AZURE_CLIENT_SECRET"), "{shown}");
        assert!(shown.contains("0e7e1d33-5a2b-4a7c-9d5e-1c8c0a7f3b00"), "{shown}");
        assert!(!shown.contains("Harbor") && !shown.contains("alderwood"), "{shown}");
    }

    #[test]
    fn an_unknown_code_points_to_microsofts_page() {
        let refusal = Refusal::read(br#"{"error":"interaction_required","error_codes":[999999]}"#).unwrap();
        assert!(refusal.to_string().contains("error?code=999999"));
    }

    #[test]
    fn a_body_that_is_no_oauth_error_is_not_read() {
        for body in ["", "<html>", "{}", "[]", r#"{"error":{"code":"x"}}"#, r#"{"error":"Ada Lovelace"}"#] {
            assert!(Refusal::read(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn a_code_is_found_in_another_programs_words() {
        assert_eq!(Refusal::from_text("ERROR: AADSTS50076: Due to a change").and_then(|r| r.code), Some(50076));
        assert!(Refusal::from_text("Please run 'az login'").is_none());
        assert!(Refusal::from_text("AADSTS: none").is_none());
        assert!(Refusal::from_text("AADSTS99999999999999: too large").is_none());
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_a_server_says_is_shown_but_words_numbers_and_ids(secret in "[A-Z][a-z]{4,9}", code in 0u32..9_999_999) {
            let said = format!("AADSTS{code}: {secret} AADSTS1 {secret}");
            let body = serde_json::json!({"error": secret, "error_description": said, "trace_id": secret, "error_codes": [code]});
            proptest::prop_assert!(Refusal::read(body.to_string().as_bytes()).is_none());
            let body = serde_json::json!({"error": "invalid_grant", "error_description": said, "trace_id": secret, "x": secret});
            let shown = Refusal::read(body.to_string().as_bytes()).unwrap();
            proptest::prop_assert_eq!(shown.code, Some(code));
            proptest::prop_assert!(!shown.to_string().contains(&secret) || ROWS.iter().any(|row| row.said.contains(&secret) || row.next.contains(&secret)));
        }
    }
}
