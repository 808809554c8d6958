//! Carries requests of Microsoft's Azure libraries over the program's own HTTP client.
//!
//! Takes an `azure_core` request, gives its response; nothing is added, retried or logged. With it the sign-in
//! and storage libraries use the same proxy, the same trusted certificates and the same time limits as the rest.
//! Source: <https://docs.rs/azure_core/1.1.0/azure_core/http/trait.HttpClient.html>.

use std::collections::HashMap;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Method, Request};
use futures_util::TryStreamExt as _;

/// The program's HTTP client as an `azure_core` transport.
#[derive(Clone, Debug)]
pub struct AzureTransport(reqwest::Client);

impl AzureTransport {
    /// Wraps the client.
    pub fn new(client: reqwest::Client) -> Self {
        Self(client)
    }
}

#[async_trait::async_trait]
impl HttpClient for AzureTransport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|error| Error::new(ErrorKind::Other, error))?;
        let mut outgoing = self.0.request(method, request.url().clone());
        for (name, value) in request.headers().iter() {
            outgoing = outgoing.header(name.as_str(), value.as_str());
        }
        outgoing = match request.body().clone() {
            Body::Bytes(bytes) if bytes.is_empty() && request.method() == Method::Get => outgoing,
            Body::Bytes(bytes) => outgoing.body(bytes),
            Body::SeekableStream(stream) => outgoing.body(reqwest::Body::wrap_stream(stream)),
        };
        let response = outgoing.send().await.map_err(|error| {
            let kind = if error.is_connect() { ErrorKind::Connection } else { ErrorKind::Io };
            Error::with_error(kind, error.without_url(), "the request got no reply")
        })?;
        let status = response.status().as_u16().into();
        let headers = headers(response.headers());
        let body = response
            .bytes_stream()
            .map_err(|error| Error::with_error(ErrorKind::Io, error.without_url(), "the reply broke off"));
        Ok(AsyncRawResponse::new(status, headers, Box::pin(body)))
    }
}

/// The reply's headers; one that is no text is left out, as Azure's own client does.
fn headers(map: &reqwest::header::HeaderMap) -> Headers {
    let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        let value = value.to_str().ok()?.to_owned();
        Some((HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value)))
    };
    Headers::from(map.iter().filter_map(text).collect::<HashMap<_, _>>())
}
