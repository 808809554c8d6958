//! Content of the feed: blobs of a few dozen records, listed by the time at which they became available.
//!
//! A blob is named by content type, stretch of time and part, so nothing is kept. As in the service, records are in no
//! order, and the last record of a part stands in the next one, too.

use serde_json::{Value, json};

use super::super::super::instant::{self, SECOND, Ticks};
use super::super::super::logs::CONTENT_TYPES;
use super::super::reply::Reply;
use super::{Call, Refused};

/// Length of a stretch: four blobs (or parts of them) a day and content type.
const STRETCH: Ticks = 6 * 3_600 * SECOND;
/// Fewest and most records of a blob: even a small tenant has stretches of several blobs.
const BLOB_RECORDS: (u64, u64) = (4, 100);
/// Blobs of a page of the list.
const PAGE_BLOBS: usize = 3;
const DAY: Ticks = 86_400 * SECOND;

/// A blob.
#[derive(Clone, Copy)]
struct Blob {
    content_type: usize,
    stretch: i64,
    part: usize,
}

impl Blob {
    fn id(self, tenant_id: &str) -> String {
        format!("{}${}${:04}${}", tenant_id.replace('-', ""), self.stretch, self.part, self.content_type)
    }

    fn of(id: &str, tenant_id: &str) -> Option<Self> {
        let mut parts = id.split('$');
        if parts.next()? != tenant_id.replace('-', "") {
            return None;
        }
        let (stretch, part) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let content_type = parts.next()?.parse().ok().filter(|&place| place < CONTENT_TYPES.len())?;
        parts.next().is_none().then_some(Self { content_type, stretch, part })
    }
}

impl Call<'_> {
    fn now(&self) -> Ticks {
        instant::ticks(self.tenant.settings.now)
    }

    /// When the blobs of a stretch are listed as made: at its end, the youngest a minute ago.
    fn created(&self, stretch: i64) -> Ticks {
        ((stretch + 1) * STRETCH).min(self.now() - 60 * SECOND)
    }

    /// Records of a blob.
    fn blob_records(&self) -> usize {
        let (fewest, most) = BLOB_RECORDS;
        (self.tenant.logs.microsoft365().count() / 150).clamp(fewest, most) as usize
    }

    /// The records of a stretch, newest first.
    fn records(&self, content_type: usize, stretch: i64) -> Vec<u64> {
        let log = self.tenant.logs.microsoft365();
        let (from, to) = (stretch * STRETCH, (stretch + 1) * STRETCH);
        let fits =
            |index: &u64| log.content_type(*index) == content_type && (from..to).contains(&log.available(*index));
        log.near(from, to).filter(fits).collect()
    }

    fn time(&self, name: &str) -> Result<Option<Ticks>, Refused> {
        let Some(text) = self.option(name) else { return Ok(None) };
        let text = if text.ends_with('Z') { text.to_owned() } else { format!("{text}Z") };
        let at = instant::parse(&text);
        at.map(Some).ok_or_else(|| Refused::new(400, "AF20002", format!("Invalid parameter type: {name}.")))
    }

    /// The window that is listed.
    fn window(&self) -> Result<(Ticks, Ticks), Refused> {
        let now = self.now();
        let (lower, upper) = match (self.time("startTime")?, self.time("endTime")?) {
            (None, None) => (now - DAY, now),
            (Some(lower), Some(upper)) => (lower, upper),
            _ => (0, Ticks::MAX),
        };
        if upper < lower || upper.saturating_sub(lower) > DAY || lower < now - 7 * DAY {
            let message = "Start time and end time must both be specified (or both omitted) and must be less than or equal to 24 hours apart, with the start time no more than 7 days in the past.";
            return Err(Refused::new(400, "AF20055", message));
        }
        Ok((lower, upper))
    }
}

/// `GET subscriptions/content`
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refused> {
    let (place, content_type) = call.content_type()?;
    let (lower, upper) = call.window()?;
    if !call.is_enabled(content_type) {
        let started = call.tenant.activity.started.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if started.contains(content_type) {
            return Ok(Reply::plain_json(200, b"[]".to_vec()));
        }
        return Err(Refused::new(400, "AF20022", "No subscription found for the specified content type"));
    }
    let skip: usize = match call.option("nextPage") {
        None => 0,
        Some(text) => text.parse().map_err(|_| Refused::new(400, "AF20031", "Invalid nextPage Input."))?,
    };
    let stretches = lower.div_euclid(STRETCH) - 1..=upper.div_euclid(STRETCH);
    let blobs: Vec<Blob> = stretches
        .filter(|&stretch| (lower..upper).contains(&call.created(stretch)))
        .flat_map(|stretch| {
            let parts = call.records(place, stretch).len().div_ceil(call.blob_records());
            (0..parts).map(move |part| Blob { content_type: place, stretch, part })
        })
        .collect();
    let page: Vec<Value> = blobs.iter().skip(skip).take(PAGE_BLOBS).map(|&blob| describe(call, blob)).collect();
    let mut reply = Reply::plain_json(200, Value::from(page).to_string().into_bytes());
    if skip + PAGE_BLOBS < blobs.len() {
        let mut next = url::form_urlencoded::Serializer::new(format!("{}/subscriptions/content?", call.base));
        for name in ["contentType", "startTime", "endTime", "PublisherIdentifier"] {
            if let Some(value) = call.option(name) {
                next.append_pair(name, value);
            }
        }
        next.append_pair("nextPage", &(skip + PAGE_BLOBS).to_string());
        reply.headers.push(("nextpageuri", next.finish().replacen("?&", "?", 1)));
    }
    Ok(reply)
}

fn describe(call: &Call<'_>, blob: Blob) -> Value {
    let id = blob.id(&call.tenant.logs.world().tenant_id());
    let created = call.created(blob.stretch);
    let stamp = |at: Ticks| format!("{}.000Z", instant::text(at).get(..19).unwrap_or_default());
    json!({
        "contentType": CONTENT_TYPES.get(blob.content_type),
        "contentUri": format!("{}/audit/{id}", call.base),
        "contentId": id,
        "contentCreated": stamp(created),
        "contentExpiration": stamp(created + 7 * DAY),
    })
}

/// `GET audit/{content id}`
pub(super) fn blob(call: &Call<'_>, id: &str) -> Result<Reply, Refused> {
    let unknown = || Refused::new(404, "AF20050", "The specified content does not exist.");
    let id = percent_decoded(id);
    let blob = Blob::of(&id, &call.tenant.logs.world().tenant_id()).ok_or_else(unknown)?;
    if call.created(blob.stretch) + 7 * DAY < call.now() {
        let message = "Content requested has already expired. Content older than 7 days cannot be retrieved.";
        return Err(Refused::new(400, "AF20051", message));
    }
    let indices = call.records(blob.content_type, blob.stretch);
    let from = blob.part.saturating_mul(call.blob_records());
    let to = from.saturating_add(call.blob_records()).min(indices.len());
    // The last one of the part before is repeated.
    let own = indices.get(from.saturating_sub(1)..to).filter(|_| from < to).ok_or_else(unknown)?;
    let log = call.tenant.logs.microsoft365();
    let mut records: Vec<Value> = own.iter().map(|&index| log.record(index)).collect();
    let middle = records.len() / 2;
    records.rotate_left(middle);
    Ok(Reply::plain_json(200, Value::from(records).to_string().into_bytes()))
}

fn percent_decoded(text: &str) -> String {
    text.replace("%24", "$")
}
