//! `$filter` of `OData` 4.01 (part 2, §5.1.1) as far as Microsoft Graph documents it: text to an expression tree.
//!
//! Knows `and or not`, `eq ne gt ge lt le in`, `startswith endswith contains`, `any`/`all` with one variable,
//! literals (null, booleans, numbers, quoted text, instants, bare GUIDs). Never evaluates: see `evaluate`.

use super::super::instant::{self, Ticks};

/// Deepest nesting that is accepted: far above any real filter, far below the stack.
const DEPTH_MAX: usize = 40;

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// All hold.
    And(Vec<Expression>),
    /// One holds.
    Or(Vec<Expression>),
    /// Does not hold.
    Not(Box<Expression>),
    /// `path operator literal`
    Compare(Vec<String>, Operator, Literal),
    /// `path in (literal, …)`
    In(Vec<String>, Vec<Literal>),
    /// `function(path, 'text')`
    Call(Function, Vec<String>, String),
    /// `path/any(variable: body)`; without a body: the collection is not empty.
    Any(Vec<String>, String, Option<Box<Expression>>),
    /// `path/all(variable: body)`
    All(Vec<String>, String, Box<Expression>),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// A text function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number.
    Number(f64),
    /// `'text'`, or a bare GUID.
    Text(String),
    /// A bare instant or date.
    Instant(Ticks),
}

/// Where the filter stops being one: byte offset and what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at position {at}")]
pub(crate) struct Unparsable {
    /// Byte offset in the filter.
    pub(crate) at: usize,
    /// What would have been valid.
    pub(crate) expected: &'static str,
}

/// Reads a whole filter.
pub(crate) fn parse(text: &str) -> Result<Expression, Unparsable> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let expression = reader.disjunction()?;
    reader.space();
    if reader.at == text.len() { Ok(expression) } else { reader.fail("the end of the filter") }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn fail<T>(&self, expected: &'static str) -> Result<T, Unparsable> {
        Err(Unparsable { at: self.at, expected })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Takes `symbol` if it comes next.
    fn take(&mut self, symbol: char) -> bool {
        self.space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    /// Takes the keyword if it comes next as a whole word.
    fn keyword(&mut self, word: &str) -> bool {
        self.space();
        let found = self.rest().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && !self.rest().get(word.len()..).is_some_and(|tail| tail.starts_with(is_word));
        if found {
            self.at += word.len();
        }
        found
    }

    fn word(&mut self) -> Result<&'a str, Unparsable> {
        self.space();
        let rest = self.rest();
        let length = rest.find(|symbol| !is_word(symbol)).unwrap_or(rest.len());
        if length == 0 {
            return self.fail("a name");
        }
        self.at += length;
        Ok(rest.get(..length).unwrap_or(""))
    }

    fn disjunction(&mut self) -> Result<Expression, Unparsable> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail("fewer levels of brackets");
        }
        let mut parts = vec![self.conjunction()?];
        while self.keyword("or") {
            parts.push(self.conjunction()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Or(parts) })
    }

    fn conjunction(&mut self) -> Result<Expression, Unparsable> {
        let mut parts = vec![self.unary()?];
        while self.keyword("and") {
            match self.unary()? {
                Expression::And(inner) => parts.extend(inner),
                part => parts.push(part),
            }
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Expression::And(parts),
        })
    }

    fn unary(&mut self) -> Result<Expression, Unparsable> {
        let mut negations = 0;
        while self.keyword("not") {
            negations += 1;
        }
        let inner = self.primary()?;
        Ok(if negations % 2 == 1 { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn primary(&mut self) -> Result<Expression, Unparsable> {
        if self.take('(') {
            let inner = self.disjunction()?;
            return if self.take(')') { Ok(inner) } else { self.fail("a closing bracket") };
        }
        let first = self.word()?;
        if self.rest().starts_with('(') {
            return self.call(first);
        }
        let mut path = vec![first.to_owned()];
        while self.rest().starts_with('/') {
            self.at += 1;
            let step = self.word()?;
            if self.rest().starts_with('(') && matches!(step, "any" | "all") {
                return self.lambda(path, step);
            }
            path.push(step.to_owned());
        }
        if self.keyword("in") {
            return self.list(path);
        }
        let operators = [
            ("eq", Operator::Eq),
            ("ne", Operator::Ne),
            ("gt", Operator::Gt),
            ("ge", Operator::Ge),
            ("lt", Operator::Lt),
            ("le", Operator::Le),
        ];
        for (word, operator) in operators {
            if self.keyword(word) {
                return Ok(Expression::Compare(path, operator, self.literal()?));
            }
        }
        self.fail("a comparison operator")
    }

    fn call(&mut self, name: &str) -> Result<Expression, Unparsable> {
        let function = match name.to_ascii_lowercase().as_str() {
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            "contains" => Function::Contains,
            _ => return self.fail("startswith, endswith or contains"),
        };
        self.at += 1;
        let mut path = vec![self.word()?.to_owned()];
        while self.take('/') {
            path.push(self.word()?.to_owned());
        }
        if !self.take(',') {
            return self.fail("a comma");
        }
        let Literal::Text(text) = self.literal()? else { return self.fail("a quoted text") };
        if self.take(')') { Ok(Expression::Call(function, path, text)) } else { self.fail("a closing bracket") }
    }

    fn lambda(&mut self, path: Vec<String>, kind: &str) -> Result<Expression, Unparsable> {
        self.at += 1;
        if kind == "any" && self.take(')') {
            return Ok(Expression::Any(path, String::new(), None));
        }
        let variable = self.word()?.to_owned();
        if !self.take(':') {
            return self.fail("a colon");
        }
        let body = Box::new(self.disjunction()?);
        if !self.take(')') {
            return self.fail("a closing bracket");
        }
        Ok(if kind == "any" {
            Expression::Any(path, variable, Some(body))
        } else {
            Expression::All(path, variable, body)
        })
    }

    fn list(&mut self, path: Vec<String>) -> Result<Expression, Unparsable> {
        if !self.take('(') {
            return self.fail("an opening bracket");
        }
        let mut values = vec![self.literal()?];
        while self.take(',') {
            values.push(self.literal()?);
        }
        if self.take(')') { Ok(Expression::In(path, values)) } else { self.fail("a closing bracket") }
    }

    fn literal(&mut self) -> Result<Literal, Unparsable> {
        self.space();
        if self.rest().starts_with('\'') {
            return self.quoted();
        }
        let rest = self.rest();
        let length = rest.find([' ', ')', ',', '\t']).unwrap_or(rest.len());
        let bare = rest.get(..length).unwrap_or("");
        let value = match bare {
            "null" => Literal::Null,
            "true" => Literal::Boolean(true),
            "false" => Literal::Boolean(false),
            _ if is_guid(bare) => Literal::Text(bare.to_owned()),
            _ => match (bare.parse::<f64>(), instant::parse(bare)) {
                (Ok(number), _) if number.is_finite() => Literal::Number(number),
                (_, Some(at)) => Literal::Instant(at),
                _ => return self.fail("a literal"),
            },
        };
        self.at += length;
        Ok(value)
    }

    /// A quoted text; a quote inside stands twice.
    fn quoted(&mut self) -> Result<Literal, Unparsable> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('\'') else { return self.fail("a closing quote") };
            text.push_str(rest.get(..end).unwrap_or(""));
            self.at += end + 1;
            if !self.rest().starts_with('\'') {
                return Ok(Literal::Text(text));
            }
            text.push('\'');
            self.at += 1;
        }
    }
}

fn is_word(symbol: char) -> bool {
    symbol.is_alphanumeric() || matches!(symbol, '_' | '.' | '@' | '-')
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

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn documented_filters_are_read() {
        assert_eq!(
            parse("createdDateTime ge 1970-01-01T00:00:00Z and createdDateTime le 1970-01-01").unwrap(),
            Expression::And(vec![
                Expression::Compare(path("createdDateTime"), Operator::Ge, Literal::Instant(0)),
                Expression::Compare(path("createdDateTime"), Operator::Le, Literal::Instant(0)),
            ])
        );
        let lambda = parse("signInEventTypes/any(t: t eq 'servicePrincipal' or t eq 'managedIdentity')").unwrap();
        assert!(
            matches!(lambda, Expression::Any(at, variable, Some(_)) if at == path("signInEventTypes") && variable == "t")
        );
        assert_eq!(
            parse("startsWith(initiatedBy/user/userPrincipalName,'o''brien')").unwrap(),
            Expression::Call(Function::StartsWith, path("initiatedBy/user/userPrincipalName"), "o'brien".into())
        );
        assert!(matches!(parse("not (accountEnabled eq true)").unwrap(), Expression::Not(_)));
        assert!(matches!(parse("id in ('a', 'b')").unwrap(), Expression::In(_, values) if values.len() == 2));
        assert!(parse("targetResources/any(t: t/id eq 00000003-0000-0000-c000-000000000000)").is_ok());
        assert!(parse("licenses/any()").is_ok());
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        for wrong in
            ["", "a", "a eq", "a eq 'x", "(a eq 1", "a eq 1)", "a like 'x'", "f(a,'x')", "a eq 1 or", "t/any(x eq 1)"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse("a eq 1 b").unwrap_err(), Unparsable { at: 7, expected: "the end of the filter" });
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse(&format!("{}a eq 1", "not ".repeat(10_000))).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            let _ = parse(&text);
        }
    }
}
