//! Whether this is an Azure virtual machine: asks the metadata service for a refusal.
//!
//! Takes the client and a time limit, gives yes or no. Without this question a machine that is none would wait
//! for more than a minute, because the identity library repeats a request that gets no reply.
//! Source: <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>.

use std::time::Duration;

use super::Refusal;
use crate::limits::TOKEN_REPLY_BYTES_MAX;

/// A link-local address: what is sent there cannot leave the host.
const TOKEN_URL: &str = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01";

/// Asked without the `Metadata` header, the service must refuse with 400 and an OAuth error. A proxy or a hotel's
/// welcome page that answers in its place does not.
pub(super) async fn answers(client: &reqwest::Client, limit: Duration) -> bool {
    let question = async {
        let response = client.get(TOKEN_URL).send().await.ok()?;
        if response.status() != 400 {
            return None;
        }
        Refusal::read(&body(response).await?)
    };
    tokio::time::timeout(limit, question).await.is_ok_and(|refusal| refusal.is_some())
}

/// The body of a short reply; `None` when it breaks off or is too long.
pub(super) async fn body(mut response: reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.ok()? {
        body.extend_from_slice(&part);
        if body.len() > TOKEN_REPLY_BYTES_MAX {
            return None;
        }
    }
    Some(body)
}
