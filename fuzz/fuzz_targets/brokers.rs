//! What a Kafka broker says, as the client reads it in the versions that it speaks, and the records of the messages in it.
#![no_main]

use std::io::Cursor;

use bytes::Bytes;
use entra_bundle::source::doors;
use libfuzzer_sys::fuzz_target;
use rskafka::protocol::api_version::ApiVersion;
use rskafka::protocol::messages::{
    ApiVersionsResponse, FetchResponse, ListOffsetsResponse, MetadataResponse, ReadVersionedType, ResponseHeader,
    SaslAuthenticateResponse, SaslHandshakeResponse,
};
use rskafka::protocol::primitives::Int16;
use rskafka::protocol::record::{ControlBatchOrRecords, RecordBatch};
use rskafka::protocol::traits::ReadType;

fn read<'a, T: ReadVersionedType<Cursor<&'a [u8]>>>(body: &'a [u8], version: u8, versions: u8) -> Option<T> {
    T::read_versioned(&mut Cursor::new(body), ApiVersion(Int16(i16::from(version % versions)))).ok()
}

fn records(batches: Vec<RecordBatch>) {
    for batch in batches {
        let ControlBatchOrRecords::Records(records) = batch.records else { continue };
        for value in records.into_iter().filter_map(|record| record.value) {
            doors::read(7, &Bytes::from(value), 1);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let [message, version, body @ ..] = data else { return };
    match message % 8 {
        0 => drop(read::<ApiVersionsResponse>(body, *version, 4)),
        1 => drop(read::<MetadataResponse>(body, *version, 5)),
        2 => drop(read::<ListOffsetsResponse>(body, *version, 4)),
        3 => drop(read::<SaslHandshakeResponse>(body, 1, 2)),
        // Not version 2: in rskafka 0.6 its empty field underflows where overflow is checked; a release reads it as cut.
        4 => drop(read::<SaslAuthenticateResponse>(body, *version, 2)),
        5 => drop(read::<ResponseHeader>(body, *version, 2)),
        6 => {
            let answer = read::<FetchResponse>(body, 4, 5);
            let partitions = answer.into_iter().flat_map(|answer| answer.responses).flat_map(|topic| topic.partitions);
            partitions.for_each(|partition| records(partition.records.0));
        }
        _ => records(RecordBatch::read(&mut Cursor::new(body)).into_iter().collect()),
    }
});
