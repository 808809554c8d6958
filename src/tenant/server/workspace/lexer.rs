//! The words of a query.
//!
//! Takes a text, gives tokens. Source: learn.microsoft.com/azure/data-explorer/kusto/query/scalar-data-types/.

use super::parser::Refused;
use crate::tenant::instant::{self, SECOND, Ticks};

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Number(u64),
    /// `900s`
    Length(Ticks),
    /// `datetime(…)`
    Moment(Ticks),
    /// `|`, `(`, `)`, `,`, `=`, `==`, `>=`, `<=`, `>`, `<`, `..`
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["==", ">=", "<=", "..", "|", "(", ")", ",", "=", ">", "<"];

/// Reads all words.
///
/// # Errors
/// A character that begins none.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Refused> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '"' | '\'' => quoted(rest, first)?,
            '0'..='9' => number(rest)?,
            'A'..='Z' | 'a'..='z' | '_' => name(rest)?,
            _ => match SIGNS.into_iter().find_map(|sign| Some((sign, rest.strip_prefix(sign)?))) {
                Some((sign, after)) => (Token::Sign(sign), after),
                None => return Err(Refused::Syntax("an unknown character".to_owned())),
            },
        };
        out.push(token);
        rest = after.trim_start();
    }
    Ok(out)
}

fn quoted(text: &str, mark: char) -> Result<(Token, &str), Refused> {
    let inner = text.get(1..).unwrap_or_default();
    let (word, after) = inner.split_once(mark).ok_or_else(|| Refused::Syntax("a text without an end".to_owned()))?;
    Ok((Token::Text(word.to_owned()), after))
}

fn number(text: &str) -> Result<(Token, &str), Refused> {
    let (digits, after) = split(text, |symbol| symbol.is_ascii_digit());
    let (unit, behind) = split(after, |symbol| symbol.is_ascii_alphabetic());
    let value: u64 = digits.parse().map_err(|_| Refused::Syntax("a number that is too large".to_owned()))?;
    let length_s = match unit {
        "" => return Ok((Token::Number(value), after)),
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(Refused::Syntax("an unknown unit of time".to_owned())),
    };
    let ticks = Ticks::try_from(value).unwrap_or(Ticks::MAX).saturating_mul(length_s * SECOND);
    Ok((Token::Length(ticks), behind))
}

fn name(text: &str) -> Result<(Token, &str), Refused> {
    let (word, after) = split(text, |symbol| symbol.is_ascii_alphanumeric() || symbol == '_');
    let Some(inner) = after.strip_prefix('(').filter(|_| word == "datetime") else {
        return Ok((Token::Name(word.to_owned()), after));
    };
    let moment = inner.split_once(')').and_then(|(text, after)| Some((instant::parse(text.trim())?, after)));
    let (at, after) = moment.ok_or_else(|| Refused::Syntax("a datetime that cannot be read".to_owned()))?;
    Ok((Token::Moment(at), after))
}

fn split(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|symbol| !keep(symbol)).unwrap_or(text.len()))
}
