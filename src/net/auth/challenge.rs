//! The claims challenge in a 401's `WWW-Authenticate` header.
//!
//! Takes the header, gives the JSON that the next token request must carry as `claims`. Used for Continuous
//! Access Evaluation and Conditional Access step-up. Source: RFC 9110 §11.6.1 and
//! <https://learn.microsoft.com/entra/identity-platform/claims-challenge>.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER_PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER_PADDING);

/// The `claims` of a challenge, decoded to JSON; `None` when the header carries none.
pub fn claims_challenge(www_authenticate: &str) -> Option<String> {
    let value = parameter(www_authenticate, "claims")?;
    let json = if value.starts_with('{') {
        value.replace("\\\"", "\"")
    } else {
        let bytes = STANDARD.decode(value).or_else(|_| URL_SAFE.decode(value)).ok()?;
        String::from_utf8(bytes).ok()?
    };
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&json).ok()?;
    Some(json)
}

/// The value of one auth-param, without its quotes.
fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = header;
    while let Some(at) = rest.find(name) {
        let before = rest.get(..at)?.chars().next_back();
        let after = rest.get(at + name.len()..)?;
        rest = after;
        if before.is_some_and(|c| !matches!(c, ' ' | ',' | '\t')) {
            continue;
        }
        let Some(value) = after.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        let Some(quoted) = value.strip_prefix('"') else {
            return value.split([',', ' ']).next();
        };
        let mut escaped = false;
        let end = quoted.find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        })?;
        return quoted.get(..end);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;

    #[test]
    fn a_challenge_is_decoded_from_both_alphabets_and_from_plain_json() {
        for value in [STANDARD.encode(JSON), URL_SAFE.encode(JSON), JSON.replace('"', "\\\"")] {
            let header = format!(
                "Bearer realm=\"\", authorization_uri=\"https://x/\", error=\"insufficient_claims\", claims=\"{value}\""
            );
            assert_eq!(claims_challenge(&header).as_deref(), Some(JSON));
        }
        let unpadded = STANDARD.encode(JSON).trim_end_matches('=').to_owned();
        assert_eq!(claims_challenge(&format!("Bearer claims={unpadded}, realm=x")).as_deref(), Some(JSON));
    }

    #[test]
    fn other_headers_have_no_challenge() {
        for header in [
            "",
            "Bearer",
            "Bearer error=\"invalid_token\"",
            "Bearer myclaims=\"e30\"",
            "Bearer claims=\"e30",
            "Bearer claims=\"!\"",
            "Bearer claims=\"W10=\"",
        ] {
            assert!(claims_challenge(header).is_none(), "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_it_panic(text in "\\PC*", near in "(Bearer |claims|=|\"|\\\\|,| |[A-Za-z0-9+/_-]{0,9}|ü)*") {
            let _ = claims_challenge(&text);
            let _ = claims_challenge(&near);
        }
    }
}
