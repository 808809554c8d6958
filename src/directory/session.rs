//! A directory that has been signed in to, and one search in it.
//!
//! Takes a [`Directory`] and a query, gives objects page by page to a sink. A search ends when a page has no cookie, its
//! result code is 0 and every range of every object is closed; whatever else happens is a [`Trouble`]. Waits end when the
//! run does; a hand-over to the sink never breaks off. Never follows a reference to another server.
//! Source: RFC 2696 (paged results), [MS-ADTS] §3.1.1.3.

use std::future::Future;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::address::Directory;
use super::connection::Connection;
use super::filter;
use super::message::{self, Body, Entry, Scope, Search};
use super::object::Object;
use super::sign_in::sign_in;
use super::trouble::{Step, Trouble};

/// The naming contexts that the root names, and its clock.
#[derive(Clone)]
pub(super) struct Root {
    pub domain: String,
    pub configuration: String,
    pub schema: String,
    /// Generalised time (`20261121101500.0Z`).
    pub time: Option<String>,
}

/// When to stop waiting.
pub(super) struct Limits<'a> {
    pub cancel: &'a CancellationToken,
    pub until: (Instant, &'static str),
}

impl Limits<'_> {
    /// Waits for something, no longer than the run.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Trouble::Cancelled),
            () = tokio::time::sleep_until(self.until.0) => Err(Trouble::TimeUp(self.until.1)),
            done = work => done,
        }
    }
}

/// A directory, signed in to.
pub(super) struct Session {
    connection: Connection,
    pub root: Root,
    range_size: u32,
}

/// The end of a page.
pub(super) struct Page {
    /// Where the next page begins; `None`: this was the last one.
    pub cookie: Option<Vec<u8>>,
    /// References to other partitions and domains.
    pub references: u64,
}

impl Session {
    /// Connects, signs in and reads the root.
    pub(super) async fn open(directory: &Directory, limits: &Limits<'_>) -> Result<Self, Trouble> {
        let opening = async {
            let mut connection = Connection::open(directory).await?;
            sign_in(&mut connection, directory).await?;
            let root = root(&mut connection).await?;
            Ok(Self { connection, root, range_size: directory.pace.range_size })
        };
        limits.wait(opening).await
    }

    pub(super) async fn close(self) {
        self.connection.close().await;
    }

    /// Asks for one page.
    pub(super) async fn ask(&mut self, search: &Search<'_>, limits: &Limits<'_>) -> Result<u32, Trouble> {
        let id = self.connection.next_id();
        limits.wait(self.connection.send(&message::search(id, search))).await?;
        Ok(id)
    }

    /// The next object of a page, or its end.
    pub(super) async fn next(
        &mut self,
        id: u32,
        page: &mut Page,
        limits: &Limits<'_>,
    ) -> Result<Option<Entry>, Trouble> {
        loop {
            match limits.wait(self.connection.receive(id)).await? {
                Body::Entry(entry) => return Ok(Some(entry)),
                Body::Reference => page.references += 1,
                Body::Done(reply, cookie) if reply.code == 0 => {
                    page.cookie = cookie.filter(|cookie| !cookie.is_empty());
                    return Ok(None);
                }
                Body::Done(reply, _) => return Err(Trouble::Refused(Step::Search, reply)),
                Body::Other => {}
                Body::Bind(..) | Body::Extended(_) => return Err(Trouble::Malformed),
            }
        }
    }

    /// Asks for the ranges that an object leaves open until none does; gives the number of questions.
    pub(super) async fn follow(&mut self, object: &mut Object, limits: &Limits<'_>) -> Result<u64, Trouble> {
        let any = filter::encode("(objectClass=*)").unwrap_or_default();
        let mut asked = 0;
        while let Some(open) = object.open.pop() {
            let last = open.from.saturating_add(self.range_size as usize).saturating_sub(1);
            let attributes = [format!("{};range={}-{last}", open.name, open.from)];
            let dn = object.dn.clone();
            let search = Search { base: &dn, scope: Scope::Base, filter: &any, attributes: &attributes, page: None };
            let id = self.ask(&search, limits).await?;
            let (mut page, mut found) = (Page { cookie: None, references: 0 }, None);
            while let Some(entry) = self.next(id, &mut page, limits).await? {
                found = Some(entry);
            }
            object.follow(&open, found);
            asked += 1;
        }
        Ok(asked)
    }
}

/// Reads the root, which every directory shows to everybody.
async fn root(connection: &mut Connection) -> Result<Root, Trouble> {
    let names = ["defaultNamingContext", "configurationNamingContext", "schemaNamingContext", "currentTime"];
    let attributes = names.map(str::to_owned);
    let any = filter::encode("(objectClass=*)").unwrap_or_default();
    let id = connection.next_id();
    let search = Search { base: "", scope: Scope::Base, filter: &any, attributes: &attributes, page: None };
    connection.send(&message::search(id, &search)).await?;
    let mut found = None;
    loop {
        match connection.receive(id).await? {
            Body::Entry(entry) => found = Some(Object::of(entry)),
            Body::Done(reply, _) if reply.code == 0 => break,
            Body::Done(reply, _) => return Err(Trouble::Refused(Step::Search, reply)),
            _ => {}
        }
    }
    let text = |name: &str| found.as_ref().and_then(|object| object.first(name)).filter(|text| !text.is_empty());
    let [domain, configuration, schema, time] = names.map(text);
    match (domain, configuration, schema) {
        (Some(domain), Some(configuration), Some(schema)) => Ok(Root { domain, configuration, schema, time }),
        _ => Err(Trouble::NoDomain),
    }
}
