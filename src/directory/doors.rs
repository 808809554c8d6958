//! A way in for the fuzz target `directory`: what a server says, as messages and as records.
//!
//! Takes bytes, gives nothing: a reader that panics, never ends, or makes something else than JSON is the finding.
//! Compiled with the feature `fuzz-doors` only; no shipped code comes here.

use super::message::{Body, Message};
use super::object::Object;
use super::trouble::{Step, Trouble};
use super::{ber, filter};
use crate::catalog::directory_queries;

const DATASETS: [&str; 3] = ["ad-users", "ad-groups", "ad-computers"];

/// Reads a stream of messages as a connection does, makes records of the objects in it, a verdict of every refusal;
/// an object whose ranges go on is followed by the next one.
pub fn read(stream: &[u8]) {
    let (mut rest, mut held): (_, Option<Object>) = (stream, None);
    while let Ok(Some((head, length))) = ber::header(rest) {
        let Some((content, behind)) = rest.get(head..).and_then(|rest| rest.split_at_checked(length)) else { break };
        rest = behind;
        let Ok(Message { id, body }) = Message::parse(content) else { continue };
        match body {
            Body::Entry(entry) => {
                let mut object = match held.take() {
                    Some(mut object) => {
                        if let Some(open) = object.open.pop() {
                            object.follow(&open, Some(entry));
                        }
                        object
                    }
                    None => Object::of(entry),
                };
                if object.open.is_empty() {
                    finish(object, id);
                } else {
                    object.open.truncate(1);
                    held = Some(object);
                }
            }
            Body::Done(reply, _) => drop(Trouble::Refused(Step::Search, reply).verdict(1)),
            Body::Bind(reply, _) => drop(Trouble::Refused(Step::SignIn, reply).verdict(0)),
            Body::Extended(reply) => drop(Trouble::Refused(Step::StartTls, reply).verdict(0)),
            Body::Reference | Body::Other => {}
        }
    }
    let _ = std::str::from_utf8(stream).map(filter::encode);
}

fn finish(object: Object, id: u32) {
    let dataset = DATASETS[id as usize % DATASETS.len()];
    if let Some(row) = directory_queries(dataset).next() {
        let record = object.record(row);
        assert!(serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&record).is_ok(), "no object");
    }
}
