//! The canonical form of a name: what is encrypted, so that every spelling of a name gets one token.
//!
//! NFKC, without invisible characters, trimmed, case folded; repeated until it is stable (folding can leave a form
//! that NFKC changes again). Two values with equal canonical form get the same pseudonym; `reveal` gives the canonical
//! form back, not the case it once had. ASCII that is already canonical is borrowed.
//!
//! The fold is lower case of upper case of each character, which joins what Unicode's full case folding joins (`ß` and
//! `ss`, `ς` and `σ`, `ǰ`, ligatures …), except for the dotless `ı`, which folding keeps apart from `i`.
//! Source: Unicode Standard §3.13, UAX #15.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Rounds until the form is stable; two are the most that any character needs.
const ROUNDS_MAX: usize = 4;

/// The canonical form of `text`.
pub fn canonical(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let trimmed = text.trim();
        return if trimmed.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(trimmed.to_ascii_lowercase())
        } else {
            Cow::Borrowed(trimmed)
        };
    }
    if text.chars().all(is_settled) {
        return Cow::Owned(text.trim().to_ascii_lowercase());
    }
    let mut form = folded(text);
    for _ in 0..ROUNDS_MAX {
        let again = folded(&form);
        if again == form {
            break;
        }
        form = again;
    }
    Cow::Owned(form)
}

/// `text` trimmed, in NFKC, without invisible characters; letters keep their case. The structure of an address or a
/// distinguished name is looked for in this form, so that a zero-width character cannot hide it.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text.trim());
    }
    let form: String = text.nfkc().filter(|c| !invisible(*c)).collect();
    match form.trim() {
        trimmed if trimmed.len() == form.len() => Cow::Owned(form),
        trimmed => Cow::Owned(trimmed.to_owned()),
    }
}

/// ASCII, and the scripts whose characters have no case and are their own NFKC form among each other: ideographs, Yi,
/// Hangul syllables. What the leak check reads out of random bytes is full of them.
fn is_settled(c: char) -> bool {
    matches!(c, '\0'..='\u{7f}' | '\u{3400}'..='\u{9fff}' | '\u{a000}'..='\u{a48c}' | '\u{ac00}'..='\u{d7a3}')
}

fn folded(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            'ı' => form.push(c),
            'A'..='Z' => form.push(c.to_ascii_lowercase()),
            _ if c.is_ascii() => form.push(c),
            _ => c.to_uppercase().flat_map(char::to_lowercase).for_each(|c| form.push(c)),
        }
    }
    form.nfkc().collect()
}

/// Characters that leave no ink: soft hyphen, zero-width and joining characters, direction marks, selectors.
pub(super) fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{ROUNDS_MAX, canonical, folded, is_settled};

    #[test]
    fn the_short_way_gives_the_same_form() {
        let mut before = 'K';
        for c in ('\0'..=char::MAX).filter(|c| is_settled(*c)) {
            for text in [format!("{c}"), format!(" {before}{c}A "), format!("{c}{before}")] {
                let long = (0..ROUNDS_MAX).fold(folded(&text), |form, _| folded(&form));
                assert_eq!(canonical(&text), long, "U+{:04X}", u32::from(c));
            }
            before = c;
        }
    }

    #[test]
    fn spellings_of_one_name_have_one_form() {
        let rows: &[(&str, &[&str])] = &[
            (
                "alice smith",
                &["Alice Smith", " ALICE SMITH\t", "Alice\u{200b} Smith", "Ａｌｉｃｅ Smith", "Al\u{ad}ice Smith"],
            ),
            ("müller", &["Müller", "MU\u{308}LLER", "mu\u{308}ller"]),
            ("strasse", &["Straße", "STRASSE", "STRAẞE"]),
            ("οδυσσευσ", &["ΟΔΥΣΣΕΥΣ", "οδυσσευς"]),
            ("office", &["oﬃce", "OFFICE"]),
            ("i\u{307}zmir", &["İzmir"]),
            ("ışık", &["ışık"]),
        ];
        for (form, spellings) in rows {
            for (at, spelling) in spellings.iter().enumerate() {
                assert_eq!(&canonical(spelling), form, "spelling {at}");
            }
        }
    }

    #[test]
    fn the_form_of_every_character_is_its_own_form() {
        for c in '\0'..=char::MAX {
            let form = canonical(c.encode_utf8(&mut [0; 4])).into_owned();
            assert_eq!(canonical(&form), form, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn nothing_visible_has_no_form() {
        assert_eq!(canonical(" \u{200b}\u{feff}"), "");
    }
}
