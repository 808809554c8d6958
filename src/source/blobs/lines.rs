//! From the bytes of a blob to its events.
//!
//! Takes the pieces of a blob in order, gives whole events as they come to an end: one a line (LF or CRLF, with or
//! without a byte order mark), or, when the first line is no whole value, the blob as one `{"records":[…]}` or array.
//! What is packed with gzip is unpacked on the way. Keeps only what is not yet whole.

use std::io::Write as _;

use bytes::{Bytes, BytesMut};
use flate2::write::MultiGzDecoder;

use super::avro::Avro;
use crate::json;
use crate::limits::BODY_BYTES_MAX;
use crate::source::shape::envelope::records_of;

/// Compressed bytes that are unpacked at once: at deflate's 1,032 : 1 they become 64 MiB.
const PACKED_BYTES: usize = 64 << 10;
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Cuts one blob.
pub(super) struct Cutter {
    form: Form,
    unpacker: Option<MultiGzDecoder<Vec<u8>>>,
    /// The beginning of a line that has not ended.
    rest: BytesMut,
    /// Lines and blocks that cannot be read.
    pub damaged: u64,
}

enum Form {
    /// Nothing was seen yet.
    New,
    Lines,
    /// One value over several lines, or one line that is longer than a piece.
    Whole,
    Avro(Avro),
    /// Nothing more of it can be read.
    Broken,
}

/// What stands behind the last line's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing, or an event that is whole.
    Clean,
    /// The beginning of an event.
    Half,
}

impl Cutter {
    pub(super) fn new() -> Self {
        Self { form: Form::New, unpacker: None, rest: BytesMut::new(), damaged: 0 }
    }

    /// The events that are whole with this piece.
    pub(super) fn push(&mut self, mut piece: Bytes) -> Vec<Bytes> {
        let mut out = Vec::new();
        if matches!(self.form, Form::New) && self.unpacker.is_none() {
            self.rest.extend_from_slice(&piece);
            if self.rest.len() < Avro::MAGIC.len() {
                return out;
            }
            piece = self.rest.split().freeze();
            self.unpacker = piece.starts_with(b"\x1F\x8B").then(|| MultiGzDecoder::new(Vec::new()));
        }
        let Some(mut unpacker) = self.unpacker.take() else {
            self.cut(piece, &mut out);
            return out;
        };
        for packed in piece.chunks(PACKED_BYTES) {
            if unpacker.write_all(packed).is_err() {
                self.damaged += 1;
                self.form = Form::Broken;
                return out;
            }
            let plain = std::mem::take(unpacker.get_mut());
            self.cut(plain.into(), &mut out);
        }
        self.unpacker = Some(unpacker);
        out
    }

    fn cut(&mut self, mut piece: Bytes, out: &mut Vec<Bytes>) {
        if matches!(self.form, Form::New) {
            self.rest.extend_from_slice(&piece);
            if self.rest.len() < Avro::MAGIC.len() {
                return;
            }
            piece = self.rest.split().freeze();
            self.form = if piece.starts_with(Avro::MAGIC) { Form::Avro(Avro::new()) } else { Form::Lines };
            if piece.starts_with(MARK) {
                piece = piece.slice(MARK.len()..);
            }
            self.recognise(&piece);
        }
        match &mut self.form {
            Form::Avro(avro) => match avro.push(&piece) {
                Ok(bodies) => bodies.into_iter().for_each(|body| self.message(&body, out)),
                Err(_) => self.broken(),
            },
            Form::Whole if self.rest.len() + piece.len() > BODY_BYTES_MAX => self.broken(),
            Form::Whole => self.rest.extend_from_slice(&piece),
            Form::New | Form::Lines => self.lines(piece, out),
            Form::Broken => {}
        }
    }

    fn broken(&mut self) {
        self.damaged += 1;
        self.form = Form::Broken;
        self.rest.clear();
    }

    /// A first line that is no whole value begins a value of several lines, unless it is simply damaged.
    fn recognise(&mut self, piece: &[u8]) {
        let first = piece.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii();
        let is_open = match first.first() {
            None => piece.first().is_some_and(|&byte| byte == b'\n'),
            Some(b'[') => first.len() == 1 || json::skip_value(first, 0).is_err(),
            Some(b'{') => {
                // Cut off by the piece's end, but a batch all the same.
                let inner = json::skip_space(first, 1);
                let is_batch =
                    first.get(inner..inner + 9).is_some_and(|name| name.eq_ignore_ascii_case(b"\"records\""));
                first.len() == 1 || (json::skip_value(first, 0).is_err() && is_batch)
            }
            Some(_) => false,
        };
        if is_open && matches!(self.form, Form::Lines) {
            self.form = Form::Whole;
        }
    }

    fn lines(&mut self, piece: Bytes, out: &mut Vec<Bytes>) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &piece) {
            let line = if self.rest.is_empty() {
                piece.slice(start..end)
            } else {
                self.rest.extend_from_slice(&piece[start..end]);
                self.rest.split().freeze()
            };
            start = end + 1;
            self.line(line, out);
        }
        if self.rest.len() + piece.len() - start > BODY_BYTES_MAX {
            // No event is that long: what follows up to the next line's end is lost with it.
            self.damaged += 1;
            self.rest.clear();
            return;
        }
        self.rest.extend_from_slice(&piece[start..]);
    }

    fn line(&mut self, line: Bytes, out: &mut Vec<Bytes>) {
        let text = line.trim_ascii();
        if text.is_empty() {
            return;
        }
        let inner = json::skip_space(text, 1);
        let is_batch = text.starts_with(b"[")
            || text.get(inner..inner + 9).is_some_and(|name| name.eq_ignore_ascii_case(b"\"records\""));
        if is_batch { self.message(&line.slice_ref(text), out) } else { out.push(line.slice_ref(text)) }
    }

    fn message(&mut self, message: &Bytes, out: &mut Vec<Bytes>) {
        match records_of(message) {
            Ok(records) => out.extend(records),
            Err(_) => self.damaged += 1,
        }
    }

    /// At the blob's end: the last events, and whether it ends in the middle of one.
    pub(super) fn finish(&mut self) -> (Vec<Bytes>, Tail) {
        let mut out = Vec::new();
        let mut tail = Tail::Clean;
        if let Some(mut unpacker) = self.unpacker.take() {
            // Ended early: what was unpacked is taken, the rest is missing.
            if unpacker.try_finish().is_err() {
                tail = Tail::Half;
            }
            let plain = std::mem::take(unpacker.get_mut());
            self.cut(plain.into(), &mut out);
        }
        let rest = self.rest.split().freeze();
        let text = rest.trim_ascii();
        match &self.form {
            Form::Avro(avro) if !avro.is_at_border() => tail = Tail::Half,
            Form::Whole if !text.is_empty() => self.message(&rest, &mut out),
            _ if text.is_empty() => {}
            _ if json::skip_value(text, 0).is_ok_and(|end| end == text.len()) => {
                self.line(rest.slice_ref(text), &mut out)
            }
            _ => tail = Tail::Half,
        }
        (out, tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], size: usize) -> (Vec<String>, Tail, u64) {
        let mut cutter = Cutter::new();
        let mut out = Vec::new();
        text.chunks(size).for_each(|piece| out.extend(cutter.push(Bytes::copy_from_slice(piece))));
        let (last, tail) = cutter.finish();
        out.extend(last);
        (out.iter().map(|one| String::from_utf8(one.to_vec()).unwrap()).collect(), tail, cutter.damaged)
    }

    #[test]
    fn every_form_gives_its_events_wherever_it_is_cut() {
        let packed = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let two = "{\"a\":1}\r\n{\"b\":\"x y\"}\r\n";
        let rows: Vec<(Vec<u8>, Tail)> = vec![
            (two.into(), Tail::Clean),
            (two.replace('\r', "").into(), Tail::Clean),
            (two.trim_end().into(), Tail::Clean),
            (format!("\u{feff}{two}\r\n\r\n").into(), Tail::Clean),
            (format!("{two}{{\"c\":\"half").into(), Tail::Half),
            (packed(two), Tail::Clean),
            ([packed("{\"a\":1}\n"), packed("{\"b\":\"x y\"}\n")].concat(), Tail::Clean),
            ("{\"records\":[{\"a\":1},{\"b\":\"x y\"}]}".into(), Tail::Clean),
            ("[\n {\"a\":1},\n {\"b\":\"x y\"}\n]\n".into(), Tail::Clean),
            ("{\n\"records\": [{\"a\":1},\n{\"b\":\"x y\"}]}".into(), Tail::Clean),
            ("{\"records\":[{\"a\":1}]}\n{ \"records\" :[{\"b\":\"x y\"}]}\n".into(), Tail::Clean),
        ];
        for (bytes, tail) in rows {
            for size in [1, 5, 16, 1_000] {
                let (events, ended, damaged) = cut(&bytes, size);
                let shown = String::from_utf8_lossy(&bytes).into_owned();
                // Smaller than the first line nobody can tell lines from a whole.
                if size < 20 && (shown.starts_with('[') || shown.contains("records")) {
                    continue;
                }
                assert_eq!(events, ["{\"a\":1}", "{\"b\":\"x y\"}"], "{shown} in {size}");
                assert_eq!((ended, damaged), (tail, 0), "{shown} in {size}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn lines_are_the_same_however_they_are_cut(lines in proptest::collection::vec("[a-z \u{e4}\\\\\"]{0,12}", 0..9), size in 1_usize..40) {
            let events: Vec<String> =
                lines.iter().map(|text| serde_json::json!({ "a": text }).to_string()).collect();
            let text = events.iter().map(|event| format!("{event}\r\n")).collect::<String>();
            proptest::prop_assert_eq!(cut(text.as_bytes(), size), (events, Tail::Clean, 0));
        }

        #[test]
        fn no_bytes_make_it_panic(head in 0_usize..6, bytes: Vec<u8>, size in 1_usize..40) {
            let heads: [&[u8]; 6] = [b"", b"\x1F\x8B\x08\0", b"Obj\x01", b"[", b"{\"records\":[", b"\xEF\xBB\xBF"];
            let mut cutter = Cutter::new();
            for piece in [heads[head], &bytes].concat().chunks(size) {
                let _ = cutter.push(Bytes::copy_from_slice(piece));
            }
            let _ = cutter.finish();
        }
    }

    #[test]
    fn damage_is_counted() {
        assert_eq!(cut(b"[{\"a\":1},", 100), (vec![], Tail::Clean, 1));
        assert_eq!(cut(b"\x1F\x8Bnonsense", 100).2, 1);
        assert_eq!(cut(b"Obj\x01nonsense", 5), (vec![], Tail::Clean, 1));
        assert_eq!(cut(b"", 1), (vec![], Tail::Clean, 0));
    }
}
