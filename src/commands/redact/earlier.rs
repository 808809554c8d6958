//! Bundles of this program as inputs: what an earlier run mapped under the same key must not be mapped again.
//!
//! Takes the inputs and the key's cipher, gives the policy of the earlier bundles when all inputs are such. A bundle is
//! believed only after it has been verified with the key: a forged manifest must not let raw values through.

use std::path::PathBuf;

use crate::commands::stopped::Stopped;
use crate::commands::verify;
use crate::pseudonym::Policy;
use crate::pseudonym::cipher::Cipher;

/// The policy under which all inputs were written with this key; none when none of them is such a bundle.
///
/// # Errors
/// When bundles and other inputs are mixed, bundles of different policies, or a bundle does not verify.
pub(super) fn policy(inputs: &[PathBuf], cipher: &dyn Cipher) -> Result<Option<Policy>, Stopped> {
    let refused = |text: &str| Err(Stopped::Input(text.to_owned()));
    let mut found: Vec<Option<Policy>> = Vec::new();
    for path in inputs {
        let policy = verify::made_with(path, cipher.key_id());
        if policy.is_some() && !verify::verify_with_key(path, cipher).is_ok_and(|verified| verified.is_ok()) {
            return refused(
                "a bundle of this key among the inputs does not verify: see `entra-bundle verify FILE --key FILE`",
            );
        }
        found.push(policy);
    }
    let mut policies = found.iter().flatten();
    let Some(first) = policies.next() else { return Ok(None) };
    if found.iter().any(Option::is_none) {
        return refused(
            "bundles of this key and other files cannot be redacted together: what is pseudonymised already would be mapped twice. Run twice",
        );
    }
    if policies.any(|policy| policy.sha256() != first.sha256()) {
        return refused("the bundles were written under different policies: redact them one by one");
    }
    Ok(Some(first.clone()))
}
