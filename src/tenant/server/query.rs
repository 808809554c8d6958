//! Query options (`OData` 4.01 part 2 §5.1): text to a checked [`Query`].
//!
//! Takes the raw query of a request; a parameter without `$` is accepted and ignored, as Graph does (a typo such as
//! `?=activityDateTime…` returns everything); an unknown `$option` is refused.

use super::expression::{self, Expression};
use super::fault::Fault;

/// The options of one request.
#[derive(Debug, Default, Clone)]
pub(crate) struct Query {
    /// `$top`
    pub(crate) top: Option<u64>,
    /// `$skip`
    pub(crate) skip: Option<u64>,
    /// `$select`, empty: everything.
    pub(crate) select: Vec<String>,
    /// `$expand`, without nested options.
    pub(crate) expand: Vec<String>,
    /// `$filter`
    pub(crate) filter: Option<Expression>,
    /// `$orderby`: property and whether descending.
    pub(crate) order_by: Option<(String, bool)>,
    /// `$count=true`
    pub(crate) count: bool,
    /// `$skiptoken`
    pub(crate) skip_token: Option<String>,
    /// `api-version` (Azure Resource Manager).
    pub(crate) api_version: Option<String>,
    /// Everything but the token, as sent: what a nextLink repeats.
    pub(crate) repeated: String,
}

impl Query {
    /// Reads the query of a request.
    ///
    /// # Errors
    /// 400 for an unknown or malformed option.
    pub(crate) fn parse(raw: &str) -> Result<Self, Fault> {
        let mut query = Self::default();
        for part in raw.split('&').filter(|part| !part.is_empty()) {
            let Some((name, value)) = url::form_urlencoded::parse(part.as_bytes()).next() else { continue };
            if name.eq_ignore_ascii_case("$skiptoken") {
                query.skip_token = Some(value.into_owned());
                continue;
            }
            if !query.repeated.is_empty() {
                query.repeated.push('&');
            }
            query.repeated.push_str(part);
            query.option(&name, &value)?;
        }
        Ok(query)
    }

    fn option(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        match name.to_ascii_lowercase().as_str() {
            "$top" => self.top = Some(number(name, value)?),
            "$skip" => self.skip = Some(number(name, value)?),
            "$select" => self.select = list(value),
            "$expand" => self.expand = list(value).iter().map(|item| bare(item).to_owned()).collect(),
            "$count" => self.count = value.eq_ignore_ascii_case("true"),
            "$orderby" => self.order_by = Some(order(value)),
            "$filter" => {
                let filter = expression::parse(value)
                    .map_err(|error| Fault::bad_request(format!("Invalid filter clause: {error}.")))?;
                self.filter = Some(filter);
            }
            "$format" | "$search" | "$metadata" => {}
            "api-version" => self.api_version = Some(value.to_owned()),
            other if other.starts_with('$') => {
                return Err(Fault::bad_request("The query parameter is not supported by this service."));
            }
            _ => {}
        }
        Ok(())
    }
}

fn number(name: &str, value: &str) -> Result<u64, Fault> {
    value
        .parse()
        .map_err(|_| Fault::bad_request(format!("Invalid value for {name}: a non-negative integer is expected.")))
}

/// Splits at commas outside brackets.
fn list(value: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0_i32;
    for symbol in value.chars() {
        match symbol {
            ',' if depth == 0 => items.push(String::new()),
            _ => {
                depth += i32::from(symbol == '(') - i32::from(symbol == ')');
                if let Some(last) = items.last_mut() {
                    last.push(symbol);
                }
            }
        }
    }
    items.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// `owners($select=id)` without what is in brackets.
fn bare(item: &str) -> &str {
    item.split('(').next().unwrap_or(item)
}

fn order(value: &str) -> (String, bool) {
    let mut words = value.split_ascii_whitespace();
    let property = words.next().unwrap_or("").to_owned();
    (property, words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_repeated_without_the_token() {
        let query =
            Query::parse("%24top=5&$skiptoken=abc&$select=id,%20mail&$filter=a%20eq%20'x'&other=1&$orderby=a+desc")
                .unwrap();
        assert_eq!((query.top, query.skip_token.as_deref()), (Some(5), Some("abc")));
        assert_eq!(query.select, ["id", "mail"]);
        assert_eq!(query.order_by, Some(("a".into(), true)));
        assert_eq!(query.repeated, "%24top=5&$select=id,%20mail&$filter=a%20eq%20'x'&other=1&$orderby=a+desc");
        assert_eq!(Query::parse("$expand=owners($select=id,mail),members").unwrap().expand, ["owners", "members"]);
    }

    #[test]
    fn malformed_options_are_refused_and_typos_ignored() {
        for wrong in ["$top=-1", "$top=many", "$filter=a+like+'x'", "$nonsense=1"] {
            assert_eq!(Query::parse(wrong).unwrap_err().status, 400, "{wrong}");
        }
        assert!(Query::parse("=activityDateTime%20ge%202026-01-01&&top=3").unwrap().top.is_none());
    }
}
