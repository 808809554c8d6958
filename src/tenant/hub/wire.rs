//! Frames of the Kafka protocol: a length, a header, a body.
//!
//! Takes bytes of a connection, gives questions; takes answers, gives bytes. Source: kafka.apache.org/protocol.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::buf::ByteBuf as _;
use kafka_protocol::protocol::{Decodable, Encodable, Message};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Longest question, bytes: consumers ask for little.
const QUESTION_BYTES_MAX: u32 = 1 << 20;

/// A question as it came.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) key: ApiKey,
    pub(super) version: i16,
    correlation: i32,
    body: Bytes,
}

/// What cannot be understood; the connection ends.
#[derive(Debug)]
pub(super) struct Nonsense;

impl Question {
    /// Reads the next one; `None` when the client has gone.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Self>, Nonsense> {
        let Ok(length) = stream.read_u32().await else { return Ok(None) };
        if !(8..=QUESTION_BYTES_MAX).contains(&length) {
            return Err(Nonsense);
        }
        let mut frame = vec![0; length as usize];
        stream.read_exact(&mut frame).await.map_err(|_| Nonsense)?;
        let mut body = Bytes::from(frame);
        let mut head = body.try_peek_bytes(0..4).map_err(|_| Nonsense)?;
        let (key, version) = (take_i16(&mut head)?, take_i16(&mut head)?);
        let key = ApiKey::try_from(key).map_err(|()| Nonsense)?;
        let header = RequestHeader::decode(&mut body, key.request_header_version(version)).map_err(|_| Nonsense)?;
        Ok(Some(Self { key, version, correlation: header.correlation_id, body }))
    }

    /// Its body.
    pub(super) fn body<T: Decodable>(&self) -> Result<T, Nonsense> {
        T::decode(&mut self.body.clone(), self.version).map_err(|_| Nonsense)
    }

    /// The frame of an answer in a version.
    pub(super) fn answer<T: Encodable + Message + kafka_protocol::protocol::HeaderVersion>(
        &self,
        answer: &T,
        version: i16,
    ) -> Result<BytesMut, Nonsense> {
        let mut frame = BytesMut::from([0; 4].as_slice());
        let header = ResponseHeader::default().with_correlation_id(self.correlation);
        header.encode(&mut frame, T::header_version(version)).map_err(|_| Nonsense)?;
        answer.encode(&mut frame, version).map_err(|_| Nonsense)?;
        let length = u32::try_from(frame.len() - 4).map_err(|_| Nonsense)?;
        if let Some(head) = frame.get_mut(..4) {
            head.copy_from_slice(&length.to_be_bytes());
        }
        Ok(frame)
    }
}

fn take_i16(bytes: &mut Bytes) -> Result<i16, Nonsense> {
    bytes::Buf::try_get_i16(bytes).map_err(|_| Nonsense)
}
