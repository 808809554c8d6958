//! Which content types somebody has subscribed to.
//!
//! Takes the feed, gives the types that have content. A type without subscription has none, and never had: it is named as
//! missing, or started when the caller was told to. Never starts one otherwise: that is a write.
//! Source: Management Activity API reference, "List current subscriptions", "Start a subscription".

use bytes::Bytes;
use serde::Deserialize;

use super::super::Stop;
use super::feed::Feed;
use super::gaps::{self, Gaps};

/// Content types that every tenant can subscribe to. `DLP.All` needs a permission of its own and repeats what the others
/// have: it is read where somebody has subscribed to it, and not missed elsewhere.
const TYPES: [&str; 4] = ["Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.General", "Audit.SharePoint"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    content_type: String,
    status: Option<String>,
}

impl Subscription {
    /// The documentation's own example has one without status.
    fn is_enabled(&self) -> bool {
        self.status.as_ref().is_none_or(|status| status.eq_ignore_ascii_case("enabled"))
    }
}

/// The types with content, sorted; those that are missing go to `gaps`.
///
/// # Errors
/// There is none, or the service does not say.
pub(super) async fn enabled(feed: &Feed<'_, '_>, start: bool, gaps: &mut Gaps) -> Result<Vec<String>, Stop> {
    let url = feed.url(["subscriptions", "list"], &[]);
    let (answer, _) = feed.ask(&url, None, read).await?;
    let (on, off): (Vec<_>, Vec<_>) = answer.value.into_iter().partition(Subscription::is_enabled);
    let mut types: Vec<String> = on.into_iter().map(|one| one.content_type).collect();
    types.sort_unstable();
    types.dedup();
    let mut missing: Vec<&str> = TYPES.into_iter().filter(|name| !has(&types, name)).collect();
    let disabled = |name: &str| off.iter().any(|one| one.content_type.eq_ignore_ascii_case(name));
    let mut started = Vec::new();
    if start {
        for name in std::mem::take(&mut missing) {
            match begin(feed, name).await {
                Ok(()) => started.push(name),
                Err(stop) if stop.ends_the_run() => return Err(stop),
                Err(stop) => gaps.refused_to_start(feed.run, name, &stop),
            }
        }
    }
    if types.is_empty() {
        return Err(match gaps.take_first() {
            Some(stop) if started.is_empty() => stop,
            _ => gaps::nothing_subscribed(&started, TYPES.into_iter().any(disabled)),
        });
    }
    missing.into_iter().for_each(|name| gaps.unsubscribed(name, disabled(name)));
    started.into_iter().for_each(|name| gaps.started(name));
    Ok(types)
}

fn has(types: &[String], name: &str) -> bool {
    types.iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// Starts a subscription.
async fn begin(feed: &Feed<'_, '_>, content_type: &str) -> Result<(), Stop> {
    let url = feed.url(["subscriptions", "start"], &[("contentType", content_type)]);
    match feed.ask(&url, Some(Bytes::new()), |_| Ok::<(), std::convert::Infallible>(())).await {
        Ok(_) => Ok(()),
        // Another program was faster.
        Err(Stop::Refused(refusal)) if refusal.code.expose().eq_ignore_ascii_case("AF20024") => Ok(()),
        Err(stop) => Err(stop),
    }
}

fn read(body: &Bytes) -> Result<Vec<Subscription>, serde_json::Error> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    serde_json::from_slice(body)
}

/// For [`crate::source::doors`].
#[cfg(feature = "fuzz-doors")]
pub(super) fn fuzz(body: &Bytes) {
    let _ = read(body);
}
