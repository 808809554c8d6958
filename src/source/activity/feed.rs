//! Requests to the activity feed of one tenant.
//!
//! Takes what is asked behind `…/activity/feed/`, gives replies. Every address carries the publisher's id and lies on the
//! service's own origin: links that lead elsewhere are not followed, because the token would go with them.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::super::{Run, Stop};
use super::Office;
use crate::net::{Answer, Ask, Target};

const PUBLISHER: &str = "PublisherIdentifier";

/// The feed of a tenant.
pub(super) struct Feed<'r, 'a> {
    pub run: &'r Run<'a>,
    base: Url,
    publisher_id: &'r str,
}

impl<'r, 'a> Feed<'r, 'a> {
    /// `None` when the configured address takes no path.
    pub(super) fn new(run: &'r Run<'a>, place: &'r Office) -> Option<Self> {
        let mut base = run.request.client.endpoints().office.url.clone();
        base.path_segments_mut().ok()?.pop_if_empty().extend([
            "api",
            "v1.0",
            place.tenant_id.as_str(),
            "activity",
            "feed",
        ]);
        Some(Self { run, base, publisher_id: &place.publisher_id })
    }

    /// The address of an operation.
    pub(super) fn url(&self, operation: [&str; 2], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(operation);
        }
        url.query_pairs_mut().extend_pairs(query).append_pair(PUBLISHER, self.publisher_id);
        url
    }

    /// An address that the service gave, if it may be followed.
    ///
    /// # Errors
    /// It cannot be read, or lies elsewhere.
    pub(super) fn resolve(&self, link: &str) -> Result<Url, Stop> {
        let mut url = self.base.join(link).map_err(|_| Stop::BadLink)?;
        self.run.request.client.permits(self.target(), &url).map_err(Stop::of)?;
        if !url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case(PUBLISHER)) {
            url.query_pairs_mut().append_pair(PUBLISHER, self.publisher_id);
        }
        Ok(url)
    }

    fn target(&self) -> &Target {
        &self.run.request.client.endpoints().office
    }

    /// Asks; `body`: what is posted, if anything is. The permit stands for the reply in memory.
    ///
    /// # Errors
    /// No answer, or the run is over.
    pub(super) async fn ask<T, E>(
        &self,
        url: &Url,
        body: Option<Bytes>,
        read: impl Fn(&Bytes) -> Result<T, E>,
    ) -> Result<(Answer<T>, Option<OwnedSemaphorePermit>), Stop> {
        self.run.ask_at(self.target(), url, body, false, read).await
    }
}

impl Run<'_> {
    /// Asks an address of a place that is not the dataset's own list; `is_next`: what it asks about is known to exist.
    ///
    /// # Errors
    /// No answer, or the run is over.
    pub(super) async fn ask_at<T, E>(
        &self,
        target: &Target,
        url: &Url,
        body: Option<Bytes>,
        is_next: bool,
        read: impl Fn(&Bytes) -> Result<T, E>,
    ) -> Result<(Answer<T>, Option<OwnedSemaphorePermit>), Stop> {
        let (client, class) = (self.request.client, self.dataset.throttle);
        let ask = Ask { target, class, weight: 1, url, headers: &[], body, nonce: 0, slow_max: u32::MAX };
        let fetched = async {
            let permit = client.page_permit(class).await;
            (client.fetch(&ask, read, |refusal| Run::doubts(refusal, is_next)).await, permit)
        };
        let (answer, permit) = tokio::select! {
            biased;
            stop = self.over() => return Err(stop),
            fetched = fetched => fetched,
        };
        match answer {
            Ok(answer) => {
                self.note(0, answer.retries);
                Ok((answer, permit))
            }
            Err(failure) => {
                self.note(0, failure.retries);
                Err(Stop::of(failure.kind))
            }
        }
    }
}
