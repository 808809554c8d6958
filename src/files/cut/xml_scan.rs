//! The tags of an XML text (XML 1.0 §2–3), one after another, as far as cutting needs them.

use memchr::{memchr, memchr3, memmem};

/// One piece of markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files) enum Tag<'t> {
    /// `<name …>`, as written.
    Start(&'t str),
    /// `<name …/>`.
    Empty,
    /// `</name>`: the name.
    End(&'t str),
    /// A comment, a processing instruction, character data, a document type.
    Other,
}

/// Why there is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files) enum NoTag {
    /// The text ends before the next tag does.
    More,
    /// It is no XML.
    Wrong,
}

/// The next tag at or behind `at`, its start and its end.
pub(in crate::files) fn next_tag(text: &str, at: usize) -> Result<(Tag<'_>, usize, usize), NoTag> {
    let rest = text.get(at..).ok_or(NoTag::Wrong)?;
    let start = memchr(b'<', rest.as_bytes()).ok_or(NoTag::More)?;
    let tag = &rest[start..];
    let ended = |ending: &str, skip: usize| {
        let inner = tag.as_bytes().get(skip..).ok_or(NoTag::More)?;
        memmem::find(inner, ending.as_bytes()).map(|found| skip + found + ending.len()).ok_or(NoTag::More)
    };
    let (kind, length) = match tag.as_bytes() {
        [b'<', b'!', b'-', b'-', ..] => (Tag::Other, ended("-->", 4)?),
        [b'<', b'?', ..] => (Tag::Other, ended("?>", 2)?),
        [b'<', b'!', b'[', ..] => (Tag::Other, ended("]]>", 3)?),
        [b'<', b'!'] | [b'<', b'!', b'-'] | [b'<'] => return Err(NoTag::More),
        [b'<', b'!', ..] => (Tag::Other, document_type_end(tag)?),
        [b'<', b'/', ..] => {
            let length = ended(">", 2)?;
            (Tag::End(tag[2..length - 1].trim_ascii_end()), length)
        }
        [b'<', first, ..] if first.is_ascii_alphabetic() || matches!(first, b'_' | b':') || !first.is_ascii() => {
            let length = tag_end(tag)?;
            let whole = &tag[..length];
            (if whole.ends_with("/>") { Tag::Empty } else { Tag::Start(whole) }, length)
        }
        _ => return Err(NoTag::Wrong),
    };
    Ok((kind, at + start, at + start + length))
}

/// Length of a start tag: `>` outside of quotes.
fn tag_end(tag: &str) -> Result<usize, NoTag> {
    let bytes = tag.as_bytes();
    let mut at = 1;
    loop {
        at += memchr3(b'>', b'"', b'\'', bytes.get(at..).unwrap_or_default()).ok_or(NoTag::More)?;
        match bytes.get(at) {
            Some(b'>') => return Ok(at + 1),
            Some(quote) => {
                at += 1;
                at += memchr(*quote, bytes.get(at..).unwrap_or_default()).ok_or(NoTag::More)? + 1;
            }
            None => return Err(NoTag::More),
        }
    }
}

/// Length of `<!DOCTYPE … [ … ]>`.
fn document_type_end(tag: &str) -> Result<usize, NoTag> {
    let end = memchr(b'>', tag.as_bytes()).ok_or(NoTag::More)?;
    match memchr(b'[', &tag.as_bytes()[..end]) {
        None => Ok(end + 1),
        Some(open) => memmem::find(&tag.as_bytes()[open..], b"]>").map(|at| open + at + 2).ok_or(NoTag::More),
    }
}

/// The name in a start tag.
pub(super) fn name_of(start_tag: &str) -> &str {
    let inner = start_tag.trim_start_matches('<').trim_end_matches('>');
    inner.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap_or_default()
}
