//! Which dotted words of a running text are host names.
//!
//! Takes a word and whether it stands where only a host can (behind `//` or `\\`); gives yes or no. The scan maps what
//! is one, the leak check demands that every one is a pseudonym: they find the words each in its own way, and share
//! this definition, so that they agree about `user.country`, `System.Security`, `setup.py` and `Group.Read.All`, which
//! end in a public suffix too. Source of suffixes: <https://publicsuffix.org/list/>.

use super::public_suffix::public_labels;

/// First words of property paths, name spaces and element selectors.
const HEADS: [&str; 44] = [
    "address",
    "addresses",
    "app",
    "application",
    "body",
    "claims",
    "client",
    "conditions",
    "context",
    "device",
    "directory",
    "document",
    "e",
    "emails",
    "event",
    "group",
    "identity",
    "item",
    "location",
    "manager",
    "name",
    "node",
    "object",
    "odata",
    "openid",
    "policy",
    "principal",
    "request",
    "resource",
    "response",
    "result",
    "role",
    "self",
    "service",
    "source",
    "std",
    "system",
    "target",
    "tenant",
    "this",
    "token",
    "user",
    "users",
    "value",
];
/// Endings of files (and the commonest property) that are countries too: a name needs more than two labels before it is a host.
const FILES: [&str; 8] = ["cc", "id", "md", "ps", "py", "rs", "sh", "so"];
/// Products whose names look like hosts.
const PRODUCTS: [&str; 5] = ["ado.net", "asp.net", "ml.net", "msal.net", "vb.net"];
/// Longer last labels under which two labels are a host already. Under the others they are more often an account
/// (`dean.church`), a property or a file; countries have two letters.
const GENERIC: [&str; 18] = [
    "arpa",
    "biz",
    "com",
    "corp",
    "edu",
    "example",
    "gov",
    "info",
    "int",
    "internal",
    "intra",
    "lan",
    "local",
    "localdomain",
    "mil",
    "net",
    "org",
    "test",
];
/// Endings under which nothing but hosts stands, however it is spelt.
const PLAIN: [&str; 3] = ["com", "local", "org"];
const LABEL_CHARS_MAX: usize = 63;

/// Whether a dotted word is a host name. `anchored`: it stands behind `//` or `\\`.
pub(crate) fn reads_as_host(word: &str, anchored: bool) -> bool {
    let Some((front, last)) = word.rsplit_once('.') else { return false };
    let is_word_last =
        last.chars().all(char::is_alphabetic) || last.get(..4).is_some_and(|xn| xn.eq_ignore_ascii_case("xn--"));
    if !is_word_last || last.chars().count() < 2 || !word.split('.').all(is_label) {
        return false;
    }
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    if front.split('.').all(is_number) {
        return false;
    }
    let lower = word.to_lowercase();
    let count = lower.split('.').count();
    if !(1..count).contains(&public_labels(&lower)) {
        return false;
    }
    if anchored {
        return true;
    }
    let last_lower = lower.rsplit('.').next().unwrap_or_default();
    let head = lower.split('.').next().unwrap_or_default();
    let is_usual = GENERIC.contains(&last_lower) || last.chars().count() == 2 && !FILES.contains(&last_lower);
    // `self.inner.next`, `r.data.windows`, `s.br`: paths in a program.
    let is_path = HEADS.contains(&head) || head.len() == 1 || lower.contains(".prototype.") || is_snake(front);
    if is_path && !GENERIC.contains(&last_lower) && (count == 2 || last.chars().count() > 2) {
        return false;
    }
    if count == 2 && (HEADS.contains(&head) || !is_usual) || head == "microsoft" || PRODUCTS.contains(&lower.as_str()) {
        return false;
    }
    PLAIN.contains(&last_lower) || !is_mixed(last) && !front.split('.').any(is_camel)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.chars().count() <= LABEL_CHARS_MAX
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|symbol| symbol.is_alphanumeric() || matches!(symbol, '-' | '_'))
}

/// `Security`, `Net`: a name space, or the first word of a sentence behind a full stop without a blank.
fn is_mixed(label: &str) -> bool {
    label.chars().any(char::is_uppercase) && label.chars().any(char::is_lowercase)
}

/// `links_of.next`: an underscore inside a word, which no host has.
fn is_snake(front: &str) -> bool {
    front.split('.').any(|label| label.trim_start_matches('_').contains('_'))
}

/// `givenName`, `ServicePrincipal`: a capital behind a small letter.
fn is_camel(label: &str) -> bool {
    label.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::reads_as_host;

    #[test]
    fn hosts_are_told_from_what_only_looks_like_one() {
        for host in [
            "contoso.com",
            "Contoso.Com",
            "DC01.AD.CONTOSO.LOCAL",
            "sts.emea.alderwood.example",
            "firma.pl",
            "shop.co.uk",
            "_ldap._tcp.dc._msdcs.contoso.com",
            "mail.firm.group",
            "a-b.test",
            "xn--bcher-kva.de",
            "bücher.de",
            "1und1.de",
            "srv.corp",
            "nas.lan",
            "x.internal",
            "app.harbor.io",
        ] {
            assert!(reads_as_host(host, false), "{host}");
        }
        for word in [
            "user.country",
            "dean.church",
            "user.department",
            "device.id",
            "User.Read",
            "Group.Read.All",
            "Directory.Read.All",
            "System.Net",
            "System.Security",
            "ASP.NET",
            "microsoft.directory",
            "microsoft.graph.user",
            "setup.py",
            "run.sh",
            "bundle.zip",
            "name.givenName",
            "1.2.3.dev",
            "10.0",
            "4.40.0.0",
            "sign-ins.jsonl",
            "README.md",
            "failed.The",
            "failed.It",
            "e.g",
            "i.e",
            "node.js",
            "odata.type",
            "lib.rs",
            "stream.id",
            "self.inner.next",
            "s.br",
            "links_of.parts.codes",
            "String.prototype.search",
            "urn.x",
            ".com",
            "com",
            "co.uk",
            "a..com",
            "-a.com",
            "v2.0",
            "",
        ] {
            assert!(!reads_as_host(word, false), "{word}");
        }
        for anchored in ["user.country", "firm.group", "System.Net"] {
            assert!(reads_as_host(anchored, true), "{anchored}");
        }
    }
}
