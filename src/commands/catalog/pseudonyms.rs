//! The page about pseudonyms (`packaging/pseudonyms.md`): what each policy does with each kind of identifier, with one
//! example before and after.
//!
//! Takes the rows and a key that everybody knows, gives Markdown; also one kind alone (`catalog show KIND`). Shows no
//! value but the invented ones of the rows.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::catalog::{Identifier, Kind, Treatment, identifiers};
use crate::pseudonym::Policy;
use crate::pseudonym::cipher::Ff1;
use crate::pseudonym::key::MasterKey;
use crate::pseudonym::map::{pseudonymise, reveal_as};

const INTRODUCTION: &str = "\
# Pseudonyms

This page is written by `entra-bundle catalog pseudonyms` from the rows that the program works with; a test compares them.

`--policy standard` (the default) and `--policy strict` treat each kind of identifier as the table says; `--keep KIND` and a
policy file change single kinds (`packaging/policy.example.toml`). A kind that is *kept* stands in the bundle as it is,
provided that it has the form of its kind; anything else in its place is searched like free text. Secrets are removed under
every policy.

The same value has the same pseudonym in every file and every run with the same key. Two different values never share one,
except where it cannot be turned back. The examples are invented and made with the key of 32 zero bytes, which nobody uses.

*Reveal*: **token**: `reveal` needs the key and the pseudonym, whose check symbols prove the answer. **token + key**: the
pseudonym carries no check, so `reveal` also wants to know that the key is the bundle's (`--bundle` or `--key-id`).
**token + key + `--ip`**: the same, and addresses are turned back only when asked for. **no**: it cannot be turned back.

| kind | what it is | standard | strict | before → after | reveal | what stays visible |
|---|---|---|---|---|---|---|
";

const AFTER: &str = "
`object-ids` stands for `user-id`, `device-id` and `principal-id` wherever a kind may be named. A dynamic-membership rule, a
device filter or an address range is rewritten part by part with the kinds above, so that it still selects the same objects
and addresses; where it cannot, `data/traits.jsonl` says so.
";

/// What turning a pseudonym back takes.
fn reveal(row: &Identifier, token: &str, cipher: &Ff1) -> &'static str {
    match reveal_as(row.kind, token, cipher, &mut String::new()) {
        Err(_) => "no",
        Ok(_) if row.kind == Kind::Coordinates => "no",
        Ok(proof) if proof.proven > 0 => "token",
        Ok(_) if matches!(row.kind, Kind::Ip | Kind::IpRange) => "token + key + `--ip`",
        Ok(_) => "token + key",
    }
}

struct Example<'a> {
    row: &'a Identifier,
    before: &'a str,
    after: String,
    reveal: &'static str,
}

fn example(row: &Identifier) -> Example<'_> {
    let cipher = Ff1::new(&MasterKey::from_bytes([0; 32]));
    let before = row.examples.first().map_or("", String::as_str);
    let mut after = String::new();
    if pseudonymise(row.kind, before, &cipher, &mut after).is_err() {
        after.push('-');
    }
    let reveal = reveal(row, &after, &cipher);
    Example { row, before, after, reveal }
}

fn word(treatment: Treatment) -> &'static str {
    match treatment {
        Treatment::Map => "replaced",
        Treatment::Keep => "kept",
    }
}

/// The whole page.
pub(super) fn page() -> String {
    let mut text = INTRODUCTION.to_owned();
    for Example { row, before, after, reveal } in identifiers().iter().map(example) {
        let (kind, what, stays) = (row.kind.name(), row.what.trim_end_matches('.'), &row.stays);
        let (standard, strict) = (word(row.standard), word(row.strict));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| `{kind}` | {what} | {standard} | {strict} | `{before}` → `{after}` | {reveal} | {stays} |"
        );
    }
    text.push_str("\nSums (`privacy.policy_sha256`) of the built-in policies, for whoever compares bundles:\n\n");
    for policy in [Policy::standard(), Policy::strict()] {
        let _ = writeln!(text, "- {} `{}`", policy.name(), policy.sha256());
    }
    text.push_str(AFTER);
    text
}

/// One kind.
pub(super) fn show(kind: Kind, json: bool, out: &mut dyn Write) -> io::Result<()> {
    let Some(Example { row, before, after, reveal }) = identifiers().get(kind as usize).map(example) else {
        return Ok(());
    };
    let (standard, strict) = (word(row.standard), word(row.strict));
    if json {
        let document = serde_json::json!({
            "kind": kind, "title": row.title, "what": row.what, "standard": standard, "strict": strict,
            "before": before, "after": after, "reveal": reveal, "stays": row.stays, "source": row.source,
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        return writeln!(out);
    }
    writeln!(out, "{}", kind.name())?;
    let fields = [
        ("what", row.what.as_str()),
        ("standard", standard),
        ("strict", strict),
        ("before", before),
        ("after", &after),
        ("reveal", reveal),
        ("stays visible", &row.stays),
        ("source", &row.source),
    ];
    fields.into_iter().try_for_each(|(label, text)| super::show::write_field(label, text, out))
}
