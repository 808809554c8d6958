//! Why reading stopped: reasons that name no value.

use std::io;

/// The file differs from what was found, or from what the first walk learnt from.
pub(super) const CHANGED: &str = "it changed while the inputs were being read: run again when nothing writes to it";
/// The rest of a text is no text.
pub(super) const BINARY_INSIDE: &str = "binary data follows the text; only the text before it was taken";
/// More than any honest archive.
pub(super) const UNPACKS_TOO_FAR: &str = "it unpacks to more than the limit: unpack it and name the folder instead";

/// An error of ours that travels as an [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Fault(pub(super) &'static str);

impl Fault {
    pub(super) fn error(reason: &'static str) -> io::Error {
        io::Error::other(Self(reason))
    }
}

/// The reason of an error, from its kind: texts of foreign errors may quote the file.
pub(super) fn reason(error: &io::Error) -> &'static str {
    if let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
        return fault.0;
    }
    match error.kind() {
        io::ErrorKind::NotFound => "it is no longer there",
        io::ErrorKind::PermissionDenied => "permission to read it is denied",
        io::ErrorKind::UnexpectedEof => "it ends before its end",
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => "its packed data is damaged",
        _ => "it cannot be read",
    }
}

/// Whether an error is one of ours.
pub(super) fn is_ours(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Fault>())
}
