//! What the hub answers to each question.
//!
//! Error codes: kafka.apache.org/protocol#protocol_error_codes. Every broker of the answers is this one.

use std::net::SocketAddr;

use bytes::BytesMut;
use kafka_protocol::messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{
    ApiKey, BrokerId, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, MetadataRequest,
    MetadataResponse, ProduceRequest, ProduceResponse, TopicName,
};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Record, RecordBatchEncoder,
    RecordEncodeOptions, TimestampType,
};

use super::super::server::Tenant;
use super::{Content, HUB, PARTITIONS};

/// The questions, with the versions that are understood.
pub(super) const KNOWN: [(ApiKey, i16, i16); 7] = [
    // Refused, but consumers tell from it how modern a broker is.
    (ApiKey::Produce, 3, 7),
    (ApiKey::Fetch, 4, 11),
    (ApiKey::ListOffsets, 1, 5),
    (ApiKey::Metadata, 0, 8),
    (ApiKey::SaslHandshake, 0, 1),
    (ApiKey::ApiVersions, 0, 3),
    (ApiKey::SaslAuthenticate, 0, 1),
];

const BROKER: i32 = 0;
const OFFSET_OUT_OF_RANGE: i16 = 1;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
pub(super) const NOT_LEADER_OR_FOLLOWER: i16 = 6;
const TOPIC_AUTHORIZATION_FAILED: i16 = 29;
/// Messages of one batch at most: a broker keeps batches as they were sent.
const BATCH: i64 = 3;

pub(super) fn versions(error_code: i16) -> ApiVersionsResponse {
    let keys = KNOWN.map(|(key, least, most)| {
        ApiVersion::default().with_api_key(key as i16).with_min_version(least).with_max_version(most)
    });
    ApiVersionsResponse::default().with_error_code(error_code).with_api_keys(keys.to_vec())
}

/// Whether a question's version is understood.
pub(super) fn is_known(key: ApiKey, version: i16) -> bool {
    KNOWN.iter().any(|&(known, least, most)| known == key && (least..=most).contains(&version))
}

pub(super) fn metadata(
    question: &MetadataRequest,
    version: i16,
    address: SocketAddr,
    tenant: &Tenant,
) -> MetadataResponse {
    let denied = tenant.settings.denied.iter().any(|denied| denied == super::sign_in::ROLE);
    let own = || vec![TopicName(StrBytes::from_static_str(HUB))];
    // In version 0 an empty list means all.
    let asked = question.topics.as_ref().filter(|topics| version > 0 || !topics.is_empty());
    let names = asked.map_or_else(
        || if denied { Vec::new() } else { own() },
        |topics| topics.iter().filter_map(|topic| topic.name.clone()).collect(),
    );
    let topics = names.into_iter().map(|name| {
        let error = match name.as_str() {
            HUB if denied => TOPIC_AUTHORIZATION_FAILED,
            HUB => 0,
            _ => UNKNOWN_TOPIC_OR_PARTITION,
        };
        let partitions = (0..PARTITIONS).filter(|_| error == 0).map(|number| {
            MetadataResponsePartition::default()
                .with_partition_index(number)
                .with_leader_id(BrokerId(BROKER))
                .with_replica_nodes(vec![BrokerId(BROKER)])
                .with_isr_nodes(vec![BrokerId(BROKER)])
        });
        MetadataResponseTopic::default()
            .with_error_code(error)
            .with_partitions(partitions.collect())
            .with_name(Some(name))
    });
    let (host, port) = tenant
        .settings
        .hub
        .advertised
        .map_or_else(|| (address.ip().to_string(), address.port()), |(host, port)| (host.to_owned(), port));
    let broker = MetadataResponseBroker::default()
        .with_node_id(BrokerId(BROKER))
        .with_host(StrBytes::from_string(host))
        .with_port(i32::from(port));
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_controller_id(BrokerId(BROKER))
        .with_cluster_id(Some(StrBytes::from_static_str("entra-tenant")))
        .with_topics(topics.collect())
}

/// Nobody may send: the keys that are known here let their holders listen.
pub(super) fn refusal(question: &ProduceRequest) -> ProduceResponse {
    let topics = question.topic_data.iter().map(|topic| {
        let partitions = topic.partition_data.iter().map(|partition| {
            let answer = PartitionProduceResponse::default().with_index(partition.index);
            answer.with_error_code(TOPIC_AUTHORIZATION_FAILED).with_base_offset(-1)
        });
        let answer = TopicProduceResponse::default().with_name(topic.name.clone());
        answer.with_partition_responses(partitions.collect())
    });
    ProduceResponse::default().with_responses(topics.collect())
}

pub(super) fn offsets(question: &ListOffsetsRequest, content: &Content) -> ListOffsetsResponse {
    let topics = question.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let answer = ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index);
            let bounds = content.bounds(asked.partition_index).filter(|_| topic.name.as_str() == HUB);
            let Some((oldest, end)) = bounds else { return answer.with_error_code(UNKNOWN_TOPIC_OR_PARTITION) };
            let (offset, timestamp) = match asked.timestamp {
                -2 => (oldest, -1),
                -1 => (end, -1),
                at => content.at_or_after(asked.partition_index, at).unwrap_or((-1, -1)),
            };
            answer.with_offset(offset).with_timestamp(timestamp)
        });
        ListOffsetsTopicResponse::default().with_name(topic.name.clone()).with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

/// `error`: what every partition is told instead.
pub(super) fn fetch(question: &FetchRequest, content: &Content, tenant: &Tenant, error: i16) -> FetchResponse {
    let mut room = usize::try_from(question.max_bytes).unwrap_or(0);
    let topics = question.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let answer =
                PartitionData::default().with_partition_index(asked.partition).with_records(Some(Default::default()));
            let bounds = content.bounds(asked.partition).filter(|_| topic.topic.as_str() == HUB);
            let Some((oldest, end)) = bounds else { return answer.with_error_code(UNKNOWN_TOPIC_OR_PARTITION) };
            let answer = answer.with_high_watermark(end).with_last_stable_offset(end).with_log_start_offset(oldest);
            if error != 0 {
                return answer.with_error_code(error);
            }
            if !(oldest..=end).contains(&asked.fetch_offset) {
                return answer.with_error_code(OFFSET_OUT_OF_RANGE).with_high_watermark(-1);
            }
            let most = room.min(usize::try_from(asked.partition_max_bytes).unwrap_or(0));
            let bytes = batches(content, tenant, (asked.partition, asked.fetch_offset), (oldest, end), most);
            room = room.saturating_sub(bytes.len());
            answer.with_records(Some(bytes.freeze()))
        });
        FetchableTopicResponse::default().with_topic(topic.topic.clone()).with_partitions(partitions.collect())
    });
    FetchResponse::default().with_responses(topics.collect())
}

/// Batches from the one that holds the offset on. The first one is sent whole, the last one is cut where the room ends,
/// as brokers do.
fn batches(
    content: &Content,
    tenant: &Tenant,
    (partition, offset): (i32, i64),
    (oldest, end): (i64, i64),
    most: usize,
) -> BytesMut {
    let mut bytes = BytesMut::new();
    let mut next = (offset - offset % BATCH).max(oldest);
    tenant.with_actors(|actors| {
        while next < end && offset < end && (bytes.is_empty() || bytes.len() < most) {
            let upto = (next - next % BATCH + BATCH).min(end);
            let records: Vec<Record> = (next..upto)
                .filter_map(|offset| {
                    let (arrived_ms, body) = content.message(&tenant.logs, actors, (partition, offset))?;
                    Some(record(offset, arrived_ms, body))
                })
                .collect();
            let options = RecordEncodeOptions { version: 2, compression: Compression::None };
            let whole = bytes.len();
            if RecordBatchEncoder::encode(&mut bytes, &records, &options).is_err() {
                bytes.truncate(whole);
                break;
            }
            if whole > 0 {
                bytes.truncate(most.max(whole));
            }
            next = upto;
        }
    });
    bytes
}

fn record(offset: i64, arrived_ms: i64, body: Vec<u8>) -> Record {
    Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: NO_PARTITION_LEADER_EPOCH,
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        timestamp_type: TimestampType::LogAppend,
        offset,
        // Counts with the offset, or each record would be a batch of its own.
        sequence: i32::try_from(offset).unwrap_or(i32::MAX),
        timestamp: arrived_ms,
        key: None,
        value: Some(body.into()),
        headers: Default::default(),
    }
}
