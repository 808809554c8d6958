//! Which dataset a record belongs to, by what it says of itself.
//!
//! Takes a record, gives its kind. The rows of `recognise.toml` and `routes.toml` decide; where several datasets are parts
//! of one list of Graph, told apart by `$filter`, the record's own value of the filter's property decides between them.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::catalog::{Catalog, Dataset, bare_context, recognitions, route_of_category, route_of_table};
use crate::json;
use crate::limits::RECOGNISED_MEMBERS_MAX;
use crate::source::field;

/// What a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A line of Azure Monitor: `category` and `properties`.
    Envelope,
    /// A row of Log Analytics, as an object: has `TimeGenerated`.
    Row,
    /// A record as its service writes it.
    Own(&'static str),
    /// Nothing that a dataset is made of.
    Foreign,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Tells {
    Type,
    Context,
    Workload,
}

/// Members that make out a dataset, a bit each.
struct Signature {
    dataset: &'static str,
    all: u128,
    any: u128,
    without: u128,
}

/// A dataset that is a part of a list: those records whose property says so.
struct Part {
    property: String,
    is: [String; 1],
    dataset: &'static Dataset,
}

/// The rows, compiled.
pub(super) struct Kinds {
    bits: HashMap<String, u128>,
    signatures: Vec<Signature>,
    texts: HashMap<(Tells, String), &'static str>,
    parts: HashMap<&'static str, Vec<Part>>,
}

impl Kinds {
    pub(super) fn embedded() -> Option<&'static Self> {
        static KINDS: OnceLock<Option<Kinds>> = OnceLock::new();
        KINDS.get_or_init(|| Some(Self::new(Catalog::embedded().ok()?))).as_ref()
    }

    fn new(catalog: &'static Catalog) -> Self {
        let mut kinds =
            Self { bits: HashMap::new(), signatures: Vec::new(), texts: HashMap::new(), parts: HashMap::new() };
        for row in recognitions() {
            let dataset = row.dataset.as_str();
            for (tells, texts) in
                [(Tells::Type, &row.types), (Tells::Context, &row.contexts), (Tells::Workload, &row.workloads)]
            {
                kinds.texts.extend(texts.iter().map(|text| ((tells, text.to_ascii_lowercase()), dataset)));
            }
            if !row.keys.is_empty() || !row.any.is_empty() {
                let mut set = |keys: &[String]| keys.iter().map(|key| kinds.bit(key)).fold(0, |all, bit| all | bit);
                let (all, any, without) = (set(&row.keys), set(&row.any), set(&row.without));
                kinds.signatures.push(Signature { dataset, all, any, without });
            }
        }
        for row in catalog.datasets() {
            let context = row.path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{'));
            let context = context.collect::<Vec<_>>().join("/").to_ascii_lowercase();
            kinds.texts.entry((Tells::Context, context)).or_insert(&row.id);
            if let Some((property, is)) = row.filter.as_deref().and_then(condition) {
                kinds.parts.entry(&row.path).or_default().push(Part { property, is: [is], dataset: row });
            }
        }
        kinds
    }

    fn bit(&mut self, key: &str) -> u128 {
        let next = u32::try_from(self.bits.len()).unwrap_or(u32::MAX);
        *self.bits.entry(squeezed(key)).or_insert_with(|| 1u128.checked_shl(next).unwrap_or(0))
    }

    /// What an object is. `context`: what the page around it says.
    pub(super) fn of(&self, record: &[u8], context: Option<&str>) -> Kind {
        let Ok(members) = json::members(record, 0) else { return Kind::Foreign };
        let (mut category, mut properties, mut generated) = (false, false, false);
        let (mut found, mut said) = (0, None);
        for (key, span) in members.map_while(Result::ok).take(RECOGNISED_MEMBERS_MAX) {
            let Ok(key) = std::str::from_utf8(key) else { continue };
            let text = || field::text(record, &span);
            match key {
                _ if key.eq_ignore_ascii_case("category") => category |= record.get(span.start) == Some(&b'"'),
                _ if key.eq_ignore_ascii_case("properties") => {
                    properties |= matches!(record.get(span.start), Some(b'{' | b'"'));
                }
                "TimeGenerated" => generated = true,
                "@odata.type" => said = said.or(text().and_then(|text| self.says(Tells::Type, &text))),
                "@odata.context" => said = said.or(text().and_then(|text| self.says(Tells::Context, &text))),
                "Workload" => said = said.or(text().and_then(|text| self.says(Tells::Workload, &text))),
                _ => {}
            }
            found |= self.seen(key);
        }
        match (category && properties, generated) {
            (true, _) => Kind::Envelope,
            (_, true) => Kind::Row,
            _ => said
                .or_else(|| context.and_then(|context| self.says(Tells::Context, context)))
                .or_else(|| self.fits(found))
                .map_or(Kind::Foreign, Kind::Own),
        }
    }

    /// The dataset of a table with these columns.
    pub(super) fn of_columns<'c>(&self, names: impl Iterator<Item = &'c str>) -> Option<&'static str> {
        self.fits(names.fold(0, |found, name| found | self.seen(name)))
    }

    /// The datasets that a record goes to, when its list is that of `dataset`. `is_said`: its category was named, so that
    /// no part of another list can be meant.
    pub(super) fn parts(&self, dataset: &'static Dataset, record: &[u8], is_said: bool) -> Vec<&'static Dataset> {
        let parts = self.parts.get(dataset.path.as_str()).map(Vec::as_slice).unwrap_or_default();
        // Parts of one list ask for the same property.
        let mut asked: Option<(&str, Option<json::Span>)> = None;
        let mut matching: Vec<&'static Dataset> = Vec::new();
        for part in parts.iter().filter(|_| dataset.filter.is_none() || !is_said) {
            let span = match &asked {
                Some((property, span)) if *property == part.property => span.clone(),
                _ => {
                    let [span] = field::find(record, [&part.property]);
                    asked.insert((&part.property, span)).1.clone()
                }
            };
            if span.is_some_and(|span| field::is_one_of(record, &span, &part.is)) {
                matching.push(part.dataset);
            }
        }
        if dataset.filter.is_none() || matching.is_empty() {
            matching.retain(|one| one.id != dataset.id);
            matching.insert(0, dataset);
        }
        matching
    }

    fn seen(&self, key: &str) -> u128 {
        self.bits.get(&squeezed(key)).copied().unwrap_or(0)
    }

    fn fits(&self, found: u128) -> Option<&'static str> {
        let fits = |one: &&Signature| {
            one.all & !found == 0 && (one.any == 0 || one.any & found != 0) && one.without & found == 0
        };
        self.signatures.iter().find(fits).map(|one| one.dataset)
    }

    fn says(&self, tells: Tells, text: &str) -> Option<&'static str> {
        let text = if tells == Tells::Context { bare_context(text) } else { text.to_owned() };
        self.texts.get(&(tells, text.to_ascii_lowercase())).copied()
    }
}

/// The dataset of a category or a table, as far as it is one.
pub(super) fn dataset_of_category(category: &str) -> Option<&'static str> {
    let named = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(category));
    let row = || recognitions().iter().find(|row| named(&row.categories)).map(|row| row.dataset.as_str());
    route_of_category(category).map(|route| route.dataset.as_str()).or_else(row)
}

/// The dataset of a table of Log Analytics.
pub(super) fn dataset_of_table(table: &str) -> Option<&'static str> {
    let named = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(table));
    let row = || recognitions().iter().find(|row| named(&row.tables)).map(|row| row.dataset.as_str());
    route_of_table(table).map(|route| route.dataset.as_str()).or_else(row)
}

/// `P eq 'V'` and `P/any(t: t eq 'V')`: the property and the value.
fn condition(filter: &str) -> Option<(String, String)> {
    let (left, value) = filter.split_once(" eq '")?;
    let value = value.trim_end_matches(')').strip_suffix('\'')?;
    let property = left.split_once("/any(").map_or(left, |(property, _)| property);
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_name(property) && !value.contains('\'')).then(|| (property.to_owned(), value.to_owned()))
}

/// A name without case, blanks and signs, and without what exports put behind it: `TimeGenerated [UTC]`.
pub(super) fn squeezed(name: &str) -> String {
    let name = match name.rfind(" [").or_else(|| name.rfind(" (")) {
        Some(at) if name.ends_with([']', ')']) => name.get(..at).unwrap_or(name),
        _ => name,
    };
    name.chars().filter(|symbol| symbol.is_alphanumeric()).map(|symbol| symbol.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(record: &str) -> Kind {
        Kinds::embedded().unwrap().of(record.as_bytes(), None)
    }

    #[test]
    fn records_say_what_they_are() {
        for (record, expected) in [
            (r#"{"category":"SignInLogs","properties":{"id":1}}"#, Kind::Envelope),
            (r#"{"Category":"AuditLogs","properties":"{}"}"#, Kind::Envelope),
            (r#"{"TimeGenerated":"x","Type":"AuditLogs"}"#, Kind::Row),
            (r#"{"id":"1","userPrincipalName":"x","appId":"y","clientAppUsed":"z"}"#, Kind::Own("sign-ins")),
            (r#"{"id":"1","category":"UserManagement","initiatedBy":{},"targetResources":[]}"#, Kind::Own("audits")),
            (r##"{"@odata.type":"#microsoft.graph.riskyUser"}"##, Kind::Own("risky-users")),
            (r#"{"Workload":"Exchange","Id":"1"}"#, Kind::Own("microsoft365-activity")),
            (r#"{"RecordType":15,"Operation":"x","OrganizationId":"y"}"#, Kind::Own("microsoft365-activity")),
            (r#"{"a":1}"#, Kind::Foreign),
            ("{}", Kind::Foreign),
        ] {
            assert_eq!(kind(record), expected, "{record}");
        }
        let context = "https://graph.microsoft.com/beta/$metadata#auditLogs/signIns(id)/$entity";
        assert_eq!(Kinds::embedded().unwrap().of(b"{\"id\":1}", Some(context)), Kind::Own("sign-ins"));
    }

    #[test]
    fn parts_of_a_list_are_told_apart_by_their_filter() {
        let (kinds, catalog) = (Kinds::embedded().unwrap(), Catalog::embedded().unwrap());
        let parts = |dataset: &str, record: &str, is_said| {
            let found = kinds.parts(catalog.dataset(dataset).unwrap(), record.as_bytes(), is_said);
            found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>()
        };
        let background = r#"{"signInEventTypes":["nonInteractiveUser"]}"#;
        assert_eq!(parts("sign-ins", background, false), ["sign-ins-noninteractive"]);
        assert_eq!(parts("sign-ins", background, true), ["sign-ins"]);
        assert_eq!(parts("sign-ins", "{}", false), ["sign-ins"]);
        let registered = r#"{"category":"Device"}"#;
        assert_eq!(parts("audits", registered, true), ["audits", "device-registration"]);
        assert_eq!(parts("audits", r#"{"category":"Policy"}"#, false), ["audits"]);
    }

    #[test]
    fn every_member_of_the_rows_has_a_bit() {
        let kinds = Kinds::embedded().unwrap();
        assert!(kinds.bits.len() <= 128 && kinds.bits.values().all(|bit| *bit != 0), "{}", kinds.bits.len());
    }
}
