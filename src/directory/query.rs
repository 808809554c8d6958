//! One query of a dataset, from its row to records in the sink.
//!
//! Takes a row and what of it is wanted, asks page by page, hands the records over. When the connection breaks, the query
//! begins again on a new one, a few times; what was delivered before is not delivered twice.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;

use super::address::Directory;
use super::filter;
use super::message::{Entry, Scope, Search};
use super::object::Object;
use super::session::{Limits, Page, Root, Session};
use super::trouble::Trouble;
use crate::catalog::{DirectoryQuery, DirectoryScope, attribute_reading};
use crate::limits::{LDAP_BATCH_BYTES, LDAP_EMPTY_PAGES_MAX, LDAP_PAGES_MAX, LDAP_PAUSE_MS, LDAP_TRIES_MAX};
use crate::record::{RawBatch, RawRecord};
use crate::source::{Mark, Sink, mark};

/// What all queries of one dataset come to.
#[derive(Default)]
pub(super) struct Tally {
    pub records: u64,
    pub pages: u64,
    pub retries: u64,
    pub duplicates: u64,
    /// References that were not followed.
    pub references: u64,
    /// Attributes that came although they are never asked for.
    pub dropped: u64,
    /// Objects with a list that was not given to its end.
    pub cut: u64,
    /// Objects of which an attribute that they must have was not shown.
    pub lacking: BTreeMap<&'static str, u64>,
    /// The directory could not be opened.
    pub is_shut: bool,
}

/// A query being made.
pub(super) struct Asked<'a> {
    pub directory: &'a Directory,
    pub row: &'static DirectoryQuery,
    pub dataset: &'static str,
    pub sink: &'a dyn Sink,
    pub limits: &'a Limits<'a>,
}

/// Records on their way to the sink, and which objects have been there.
#[derive(Default)]
struct Way {
    records: Vec<RawRecord>,
    bytes: usize,
    /// The last try that an object came in, by its name.
    seen: HashMap<Mark, u32, foldhash::fast::RandomState>,
    attempt: u32,
    references: u64,
}

impl Asked<'_> {
    /// Makes the query. `session` is opened when there is none, and gone when it broke.
    pub(super) async fn run(&self, session: &mut Option<Session>, tally: &mut Tally) -> Result<(), Trouble> {
        let mut way = Way::default();
        loop {
            way.attempt += 1;
            way.references = 0;
            let ended = self.attempt(session, &mut way, tally).await;
            // What has come is not lost by what did not.
            self.hand_over(&mut way, tally).await?;
            let Err(trouble) = ended else {
                tally.references += way.references;
                return Ok(());
            };
            if !trouble.is_answer() {
                *session = None;
            }
            if !trouble.may_pass() || way.attempt >= LDAP_TRIES_MAX {
                return Err(trouble);
            }
            tally.retries += 1;
            let pause = Duration::from_millis(LDAP_PAUSE_MS * u64::from(way.attempt));
            let rest = async {
                tokio::time::sleep(pause).await;
                Ok(())
            };
            self.limits.wait(rest).await?;
        }
    }

    async fn attempt(&self, session: &mut Option<Session>, way: &mut Way, tally: &mut Tally) -> Result<(), Trouble> {
        if session.is_none() {
            tally.is_shut = true;
            *session = Some(Session::open(self.directory, self.limits).await?);
            tally.is_shut = false;
        }
        let Some(session) = session.as_mut() else { return Err(Trouble::Closed) };
        let (base, scope, filter) = self.aim(&session.root);
        let attributes = self.attributes();
        let mut cookie = Vec::new();
        let mut empty_pages = 0;
        for _ in 0..LDAP_PAGES_MAX {
            let size = self.directory.pace.page_size;
            let page = (scope == Scope::Subtree).then_some((size, cookie.as_slice()));
            let search = Search { base: &base, scope, filter: &filter, attributes: &attributes, page };
            let (page, count) = self.page(session, &search, way, tally).await?;
            empty_pages = if count == 0 { empty_pages + 1 } else { 0 };
            match page.cookie {
                None => return Ok(()),
                Some(_) if empty_pages > LDAP_EMPTY_PAGES_MAX => break,
                Some(next) => cookie = next,
            }
        }
        Err(Trouble::Endless)
    }

    /// Reads a page and the ranges that its objects leave open.
    async fn page(
        &self,
        session: &mut Session,
        search: &Search<'_>,
        way: &mut Way,
        tally: &mut Tally,
    ) -> Result<(Page, u64), Trouble> {
        let id = session.ask(search, self.limits).await?;
        let mut page = Page { cookie: None, references: 0 };
        let (mut open, mut count) = (Vec::new(), 0);
        while let Some(entry) = session.next(id, &mut page, self.limits).await? {
            count += 1;
            let Some(object) = way.fresh(entry, tally) else { continue };
            if object.open.is_empty() {
                self.take(object, way, tally).await?;
            } else {
                open.push(object);
            }
        }
        tally.pages += 1;
        way.references += page.references;
        for mut object in open {
            tally.pages += session.follow(&mut object, self.limits).await?;
            self.take(object, way, tally).await?;
        }
        self.hand_over(way, tally).await?;
        Ok((page, count))
    }

    /// An object that is whole.
    async fn take(&self, object: Object, way: &mut Way, tally: &mut Tally) -> Result<(), Trouble> {
        way.seen.insert(mark(object.dn.as_bytes()), way.attempt);
        tally.dropped += object.dropped;
        tally.cut += u64::from(object.is_cut);
        for name in self.row.expected.iter().filter(|name| !object.has(name)) {
            *tally.lacking.entry(name.as_str()).or_default() += 1;
        }
        let record = object.record(self.row);
        way.bytes += record.len();
        way.records.push(RawRecord::new(Bytes::from(record)));
        if way.bytes >= LDAP_BATCH_BYTES { self.hand_over(way, tally).await } else { Ok(()) }
    }

    /// Gives the sink what has gathered.
    async fn hand_over(&self, way: &mut Way, tally: &mut Tally) -> Result<(), Trouble> {
        let records = std::mem::take(&mut way.records);
        way.bytes = 0;
        if records.is_empty() {
            return Ok(());
        }
        let count = records.len() as u64;
        let batch = RawBatch { dataset: self.dataset, slice: 0, parent: None, records };
        self.sink.accept(batch).await.map_err(|_| Trouble::SinkClosed)?;
        tally.records += count;
        Ok(())
    }

    /// Where to search, how far, and for what.
    fn aim(&self, root: &Root) -> (String, Scope, Vec<u8>) {
        let view = &self.directory.view;
        let whole = match self.row.scope {
            DirectoryScope::Base => Scope::Base,
            DirectoryScope::Subtree => Scope::Subtree,
        };
        let own = filter::encode(&self.row.filter).unwrap_or_default();
        let base = self.row.base.replace("{domain}", &root.domain);
        let base = base.replace("{configuration}", &root.configuration).replace("{schema}", &root.schema);
        if !self.row.is_scoped {
            return (base, whole, own);
        }
        let more = view.filter.as_ref().and_then(|text| filter::encode(text).ok());
        let filter = more.map_or_else(|| own.clone(), |more| filter::both(&own, &more));
        match (&view.object, &view.base) {
            (Some(object), _) => (object.clone(), Scope::Base, filter),
            (None, Some(below)) => (below.clone(), whole, filter),
            (None, None) => (base, whole, filter),
        }
    }

    /// The attributes as they are asked for: long lists by ranges from the beginning.
    fn attributes(&self) -> Vec<String> {
        let last = self.directory.pace.range_size.saturating_sub(1);
        let ranged = |name: &str| attribute_reading(name).is_some_and(|(_, row)| row.is_ranged);
        let spell = |name: &str| if ranged(name) { format!("{name};range=0-{last}") } else { name.to_owned() };
        self.row.asked().map(spell).collect()
    }
}

impl Way {
    /// The object, unless it has been delivered.
    fn fresh(&mut self, entry: Entry, tally: &mut Tally) -> Option<Object> {
        match self.seen.get(&mark(entry.dn.as_bytes())) {
            None => Some(Object::of(entry)),
            Some(attempt) => {
                tally.duplicates += u64::from(*attempt == self.attempt);
                None
            }
        }
    }
}
