//! Rust source as words, as far as the guards need it: identifiers and punctuation, without comments, strings
//! and character literals, each with its line and the inline modules that it stands in.

/// One identifier or punctuation character.
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
    /// Names of the `mod name { … }` around it.
    pub(crate) inside: Vec<&'a str>,
}

/// Splits a file. Good enough for formatted code that compiles; raw identifiers and macros need no care here.
pub(crate) fn words(source: &str) -> Vec<Word<'_>> {
    let bytes = source.as_bytes();
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut braces: Vec<Option<&str>> = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let length = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => line_comment(&bytes[at..]),
            b'/' if bytes.get(at + 1) == Some(&b'*') => block_comment(&bytes[at..]),
            b'"' => string(&bytes[at..]),
            b'r' | b'b' | b'c' if literal_prefix(bytes, at) > 0 => prefixed(&bytes[at..]),
            b'\'' => quote(&bytes[at..]),
            byte if byte.is_ascii_whitespace() => 1,
            byte => {
                let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
                let name = bytes[at..].iter().take_while(|byte| is_name(byte)).count();
                let text = &source[at..at + name.max(1)];
                if byte == b'}' {
                    braces.pop();
                }
                words.push(Word { text, line, inside: braces.iter().flatten().copied().collect() });
                if byte == b'{' {
                    let module = match words.as_slice() {
                        [.., keyword, name, _] if keyword.text == "mod" => Some(name.text),
                        _ => None,
                    };
                    braces.push(module);
                }
                text.len()
            }
        };
        line += bytes[at..at + length].iter().filter(|byte| **byte == b'\n').count();
        at += length;
    }
    words
}

fn line_comment(rest: &[u8]) -> usize {
    rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of `r`, `br`, `b`, `c`, `cr` with its hashes when a string literal follows, else 0.
fn literal_prefix(bytes: &[u8], at: usize) -> usize {
    if at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_') {
        return 0;
    }
    let letters = bytes[at..].iter().take_while(|byte| b"rbc".contains(byte)).count();
    let hashes = bytes[at + letters..].iter().take_while(|byte| **byte == b'#').count();
    let opens = bytes.get(at + letters + hashes) == Some(&b'"');
    if opens && letters <= 2 { letters + hashes } else { 0 }
}

fn prefixed(rest: &[u8]) -> usize {
    let prefix = literal_prefix(rest, 0);
    if !rest[..prefix].contains(&b'r') {
        return prefix + string(&rest[prefix..]);
    }
    let hashes = rest[..prefix].iter().filter(|byte| **byte == b'#').count();
    let end: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &rest[prefix + 1..];
    let closes = body.windows(end.len()).position(|window| window == end);
    closes.map_or(rest.len(), |at| prefix + 1 + at + end.len())
}

/// A character literal, or the mark of a lifetime.
fn quote(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        return rest.iter().skip(3).position(|byte| *byte == b'\'').map_or(rest.len(), |at| at + 4);
    }
    let character = std::str::from_utf8(&rest[1..rest.len().min(5)]).map_or_else(
        |error| std::str::from_utf8(&rest[1..1 + error.valid_up_to()]).ok().and_then(|text| text.chars().next()),
        |text| text.chars().next(),
    );
    let width = character.map_or(1, char::len_utf8);
    if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 1 }
}

#[test]
fn comments_strings_and_characters_are_no_words() {
    let source =
        "a/* b /* c */ d */ // e\n\"f\\\"g\" r#\"h \" i\"# b\"j\" '{' '\\'' '\\n' 'ü' &'k str r br2\nmod l { m }";
    let found = words(source);
    let texts: Vec<&str> = found.iter().map(|word| word.text).collect();
    assert_eq!(texts, ["a", "&", "k", "str", "r", "br2", "mod", "l", "{", "m", "}"]);
    assert_eq!((found[1].line, found[9].line), (2, 3));
    assert_eq!((found[9].inside.as_slice(), found[10].inside.len()), (&["l"][..], 0));
}
