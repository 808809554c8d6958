//! Whether a record satisfies a filter, and which part of a filter is a time window.
//!
//! Takes an [`Expression`] and a value tree; text compares without regard to case unless the service documents
//! otherwise (provisioning logs). Source: `OData` 4.01 part 2 §5.1.1.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::instant::{self, Ticks};
use super::expression::{Expression, Function, Literal, Operator};

/// How text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letters {
    /// `A` equals `a`.
    FoldCase,
    /// Provisioning logs.
    Exact,
}

/// The values that lambda variables stand for, innermost last.
type Scope<'a> = Vec<(&'a str, &'a Value)>;

/// Whether `record` satisfies `filter`.
pub(crate) fn holds<'a>(filter: &'a Expression, record: &'a Value, letters: Letters) -> bool {
    holds_in(filter, record, &mut Vec::new(), letters)
}

fn holds_in<'a>(filter: &'a Expression, record: &'a Value, scope: &mut Scope<'a>, letters: Letters) -> bool {
    match filter {
        Expression::And(parts) => parts.iter().all(|part| holds_in(part, record, scope, letters)),
        Expression::Or(parts) => parts.iter().any(|part| holds_in(part, record, scope, letters)),
        Expression::Not(part) => !holds_in(part, record, scope, letters),
        Expression::Compare(path, operator, literal) => {
            compare(at_path(path, record, scope), *operator, literal, letters)
        }
        Expression::In(path, literals) => {
            let value = at_path(path, record, scope);
            literals.iter().any(|literal| compare(value, Operator::Eq, literal, letters))
        }
        Expression::Call(function, path, text) => at_path(path, record, scope)
            .and_then(Value::as_str)
            .is_some_and(|value| call(*function, value, text, letters)),
        Expression::Any(path, variable, body) => items(path, record, scope).iter().any(|item| match body {
            None => true,
            Some(body) => with(variable, item, scope, |scope| holds_in(body, record, scope, letters)),
        }),
        Expression::All(path, variable, body) => items(path, record, scope)
            .iter()
            .all(|item| with(variable, item, scope, |scope| holds_in(body, record, scope, letters))),
    }
}

fn with<'a>(
    variable: &'a str,
    item: &'a Value,
    scope: &mut Scope<'a>,
    ask: impl FnOnce(&mut Scope<'a>) -> bool,
) -> bool {
    scope.push((variable, item));
    let answer = ask(scope);
    scope.pop();
    answer
}

fn items<'a>(path: &[String], record: &'a Value, scope: &Scope<'a>) -> &'a [Value] {
    at_path(path, record, scope).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn at_path<'a>(path: &[String], record: &'a Value, scope: &Scope<'a>) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let bound = scope.iter().rev().find(|(variable, _)| variable == first).map(|&(_, value)| value);
    let start = bound.or_else(|| member(record, first))?;
    rest.iter().try_fold(start, |value, name| member(value, name))
}

/// Property names are matched without regard to case, as Graph does.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let members = value.as_object()?;
    members.get(name).or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn call(function: Function, value: &str, text: &str, letters: Letters) -> bool {
    let (value, text) = match letters {
        Letters::FoldCase => (value.to_lowercase(), text.to_lowercase()),
        Letters::Exact => (value.to_owned(), text.to_owned()),
    };
    match function {
        Function::StartsWith => value.starts_with(&text),
        Function::EndsWith => value.ends_with(&text),
        Function::Contains => value.contains(&text),
    }
}

fn compare(value: Option<&Value>, operator: Operator, literal: &Literal, letters: Letters) -> bool {
    let value = value.unwrap_or(&Value::Null);
    let order = match (value, literal) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Bool(a), Literal::Boolean(b)) => Some(a.cmp(b)),
        (Value::Number(a), Literal::Number(b)) => a.as_f64().and_then(|a| a.partial_cmp(b)),
        (Value::String(a), Literal::Instant(b)) => instant::parse(a).map(|a| a.cmp(b)),
        (Value::String(a), Literal::Text(b)) if letters == Letters::Exact => Some(a.cmp(b)),
        (Value::String(a), Literal::Text(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        _ => None,
    };
    match (operator, order) {
        (Operator::Eq, order) => order == Some(Ordering::Equal),
        (Operator::Ne, order) => order != Some(Ordering::Equal),
        (_, None) => false,
        (Operator::Gt, Some(order)) => order.is_gt(),
        (Operator::Ge, Some(order)) => order.is_ge(),
        (Operator::Lt, Some(order)) => order.is_lt(),
        (Operator::Le, Some(order)) => order.is_le(),
    }
}

/// A closed interval of instants, and what of the filter it does not cover.
#[derive(Debug, PartialEq)]
pub(crate) struct Window {
    /// Earliest instant, inclusive.
    pub(crate) lower: Ticks,
    /// Latest instant, inclusive.
    pub(crate) upper: Ticks,
    /// The other conditions.
    pub(crate) rest: Vec<Expression>,
}

/// Splits a filter into its window on `property` and the rest. Operators for which `allows` answers
/// [`Allows::Ignored`] are dropped, as the service does.
///
/// # Errors
/// A time condition that the service refuses.
pub(crate) fn window(
    filter: Option<Expression>,
    property: &str,
    allows: impl Fn(Operator) -> Allows,
) -> Result<Window, Refused> {
    let mut window = Window { lower: Ticks::MIN, upper: Ticks::MAX, rest: Vec::new() };
    let parts = match filter {
        None => Vec::new(),
        Some(Expression::And(parts)) => parts,
        Some(part) => vec![part],
    };
    for part in parts {
        match &part {
            Expression::Compare(path, operator, literal)
                if path.len() == 1 && path.first().is_some_and(|p| p.eq_ignore_ascii_case(property)) =>
            {
                let &Literal::Instant(at) = literal else { return Err(Refused) };
                match allows(*operator) {
                    Allows::Refused => return Err(Refused),
                    Allows::Ignored => {}
                    Allows::Used => window.narrow(*operator, at)?,
                }
            }
            _ => window.rest.push(part),
        }
    }
    Ok(window)
}

/// What a service does with an operator on its time property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allows {
    /// Filters.
    Used,
    /// Answers as if the condition were absent.
    Ignored,
    /// Answers 400.
    Refused,
}

/// The service refuses this time condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

impl Window {
    fn narrow(&mut self, operator: Operator, at: Ticks) -> Result<(), Refused> {
        match operator {
            Operator::Eq => (self.lower, self.upper) = (self.lower.max(at), self.upper.min(at)),
            Operator::Ge => self.lower = self.lower.max(at),
            Operator::Gt => self.lower = self.lower.max(at.saturating_add(1)),
            Operator::Le => self.upper = self.upper.min(at),
            Operator::Lt => self.upper = self.upper.min(at.saturating_sub(1)),
            Operator::Ne => return Err(Refused),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::expression::parse;
    use super::*;

    fn asks(filter: &str) -> bool {
        let record = serde_json::json!({
            "displayName": "Mara Quist", "accountEnabled": true, "n": 3, "empty": null,
            "when": "2026-09-01T00:00:00.5Z", "user": {"id": "AB-1"},
            "targets": [{"id": "x", "type": "User"}, {"id": "y", "type": "Device"}], "kinds": ["one", "two"],
        });
        holds(&parse(filter).unwrap(), &record, Letters::FoldCase)
    }

    #[test]
    fn comparisons_follow_odata() {
        for filter in [
            "displayName eq 'mara quist'",
            "startswith(displayName,'MARA')",
            "accountEnabled eq true",
            "n ge 3 and n lt 4",
            "empty eq null",
            "missing eq null",
            "n ne 4",
            "when gt 2026-09-01T00:00:00Z",
            "user/id in ('q','ab-1')",
            "targets/any(t: t/id eq 'y' and t/type eq 'Device')",
            "kinds/all(k: k ne 'three')",
            "not (n eq 4)",
            "kinds/any(k: startswith(k,'tw'))",
            "DisplayName eq 'Mara Quist' or n eq 9",
            "kinds/any()",
        ] {
            assert!(asks(filter), "{filter}");
        }
        for filter in [
            "displayName eq 'Mara'",
            "n eq 'three'",
            "missing gt 3",
            "targets/any(t: t/id eq 'x' and t/type eq 'Device')",
            "endswith(displayName,'Mara')",
            "when le 2026-09-01T00:00:00Z",
            "empty ne null",
            "targets/any(t: t/none eq 'x')",
        ] {
            assert!(!asks(filter), "{filter}");
        }
        let record = serde_json::json!({"a": "B"});
        assert!(!holds(&parse("a eq 'b'").unwrap(), &record, Letters::Exact));
    }

    #[test]
    fn a_window_takes_its_conditions_and_leaves_the_rest() {
        let filter = parse("t ge 1970-01-01T00:00:01Z and a eq 'x' and t lt 1970-01-01T00:00:02Z").ok();
        let found = window(filter, "t", |_| Allows::Used).unwrap();
        assert_eq!((found.lower, found.upper, found.rest.len()), (10_000_000, 19_999_999, 1));
        let ignoring = |operator| if operator == Operator::Gt { Allows::Ignored } else { Allows::Refused };
        assert_eq!(window(parse("t gt 1970-01-01").ok(), "t", ignoring).unwrap().lower, Ticks::MIN);
        assert_eq!(window(parse("t le 1970-01-01").ok(), "t", ignoring), Err(Refused));
        assert_eq!(window(parse("t ge '1970-01-01'").ok(), "t", |_| Allows::Used), Err(Refused));
    }
}
