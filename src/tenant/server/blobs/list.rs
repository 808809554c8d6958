//! Lists of containers and blobs, as XML: prefix, delimiter, pages with a marker.
//!
//! Source: learn.microsoft.com/rest/api/storageservices/list-blobs, list-containers2.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::super::instant;
use super::super::answer::Tenant;
use super::super::mishaps::http_date;
use super::super::reply::Reply;
use super::content::{Container, HOUR};
use super::{Options, bytes_of, etag, name_of, option};

const PAGE: usize = 5_000;

fn reply(inner: &str, marker: Option<usize>) -> Reply {
    let marker = marker.map(|place| format!("2!{place}")).unwrap_or_default();
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"/store\">{inner}<NextMarker>{marker}</NextMarker></EnumerationResults>"
    );
    Reply { status: 200, content_type: "application/xml".into(), headers: Vec::new(), body: body.into_bytes() }
}

/// Where the page begins and ends.
fn page(options: &Options, count: usize) -> (usize, usize, Option<usize>) {
    let start =
        option(options, "marker").and_then(|text| text.strip_prefix("2!")?.parse().ok()).unwrap_or(0).min(count);
    let size = option(options, "maxresults").and_then(|text| text.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE);
    let end = start.saturating_add(size).min(count);
    (start, end, (end < count).then_some(end))
}

pub(super) fn containers(all: &[Container], options: &Options) -> Reply {
    let prefix = option(options, "prefix").unwrap_or_default();
    let mut names: Vec<String> = all.iter().map(|one| one.route.container()).collect();
    names.retain(|name| name.starts_with(prefix));
    names.sort();
    let (start, end, marker) = page(options, names.len());
    let mut xml = "<Containers>".to_owned();
    for name in names.get(start..end).unwrap_or_default() {
        // Writing to memory does not fail.
        let _ = write!(xml, "<Container><Name>{name}</Name><Properties/></Container>");
    }
    reply(&(xml + "</Containers>"), marker)
}

pub(super) fn blobs(tenant: &Tenant, container: &Container, options: &Options) -> Reply {
    let prefix = option(options, "prefix").unwrap_or_default();
    let delimiter = option(options, "delimiter").filter(|text| !text.is_empty());
    // Name, and its hour unless it is a folder.
    let mut entries: BTreeMap<String, Option<i64>> = BTreeMap::new();
    for hour in container.hours(&tenant.logs) {
        let name = name_of(tenant, container, hour);
        let Some(rest) = name.strip_prefix(prefix) else { continue };
        if container.events(&tenant.logs, hour).is_empty() {
            continue;
        }
        match delimiter.and_then(|delimiter| rest.find(delimiter).map(|at| prefix.len() + at + delimiter.len())) {
            Some(end) => entries.insert(name.get(..end).unwrap_or_default().to_owned(), None),
            None => entries.insert(name, Some(hour)),
        };
    }
    let entries: Vec<_> = entries.into_iter().collect();
    let (start, end, marker) = page(options, entries.len());
    let mut xml = "<Blobs>".to_owned();
    for (name, hour) in entries.get(start..end).unwrap_or_default() {
        let Some(hour) = *hour else {
            let _ = write!(xml, "<BlobPrefix><Name>{name}</Name></BlobPrefix>");
            continue;
        };
        let count = container.events(&tenant.logs, hour).len();
        let bytes = bytes_of(tenant, container, hour, count);
        let written = time::OffsetDateTime::from_unix_timestamp(hour * HOUR / instant::SECOND).map(http_date);
        let written = written.unwrap_or_default();
        let _ = write!(
            xml,
            "<Blob><Name>{name}</Name><Properties><Creation-Time>{written}</Creation-Time><Last-Modified>{written}</Last-Modified><Etag>{}</Etag><Content-Length>{bytes}</Content-Length><Content-Type>application/octet-stream</Content-Type><Content-Encoding/><BlobType>AppendBlob</BlobType></Properties></Blob>",
            etag(hour, bytes)
        );
    }
    reply(&(xml + "</Blobs>"), marker)
}
