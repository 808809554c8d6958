//! Two outputs in lines of their own: W3C extended logs (HTTPERR), and certificates of `certutil -store`.
//!
//! W3C: a record per request under the names of the `#Fields:` line. certutil: subject, issuer, dates and thumbprint of
//! a certificate and whether its key is there; never its body. English only.
//! Source: w3.org/TR/WD-logfile;
//! learn.microsoft.com/troubleshoot/developer/webapps/aspnet/site-behavior-performance/error-logging-http-apis;
//! learn.microsoft.com/windows-server/administration/windows-commands/certutil.

use serde_json::{Map, Value};

use super::Read;
use super::out::Out;
use super::xml::put;
use crate::limits::HOST_REPEATED_BYTES_MAX;
use crate::record::{Form, RawStretch};

#[derive(Default)]
struct W3c {
    fields: Vec<String>,
}

impl Read for W3c {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        let first = out.first_line();
        for (line, text) in (first..).zip(stretch.text.expose().lines()) {
            if let Some(fields) = text.strip_prefix("#Fields:") {
                let known = if fields.len() <= HOST_REPEATED_BYTES_MAX { fields } else { "" };
                self.fields = known.split_ascii_whitespace().map(str::to_owned).collect();
            } else if !text.starts_with('#') {
                let cells: Vec<&str> = text.split_ascii_whitespace().collect();
                if cells.len() != self.fields.len() || cells.is_empty() {
                    out.unknown(line, text);
                    continue;
                }
                let mut record = Map::from_iter([("record".to_owned(), Value::from("httperr"))]);
                let cells = self.fields.iter().zip(cells).filter(|(_, cell)| *cell != "-");
                cells.for_each(|(field, cell)| put(&mut record, field, Value::from(cell)));
                out.record(line, record);
            }
        }
    }
}

/// The reader of W3C logs.
pub(super) fn w3c(_: &str) -> Box<dyn Read> {
    Box::new(W3c::default())
}

/// Labels of `certutil`, and the members that they are.
const LABELS: [(&str, &str); 8] = [
    ("Issuer", "issuer"),
    ("Subject", "subject"),
    ("NotBefore", "notBefore"),
    ("NotAfter", "notAfter"),
    ("Cert Hash(sha1)", "thumbprint"),
    ("Serial Number", "serialNumber"),
    ("Provider", "provider"),
    ("Template", "template"),
];

#[derive(Default)]
struct Certificates {
    store: String,
    open: Option<(u64, Map<String, Value>)>,
    /// A label whose value stands in the next line.
    waiting: Option<&'static str>,
    json: Option<Box<dyn Read>>,
}

impl Certificates {
    fn close(&mut self, out: &mut Out<'_>) {
        let Some((line, members)) = self.open.take() else { return };
        let mut record = Map::from_iter([("store".to_owned(), Value::from(self.store.as_str()))]);
        record.extend(members);
        record.entry("hasPrivateKey").or_insert(Value::from(false));
        out.record(line, record);
    }

    fn line(&mut self, line: u64, text: &str, out: &mut Out<'_>) {
        let trimmed = text.trim();
        if trimmed.starts_with("====") && trimmed.contains("Certificate") {
            self.close(out);
            (self.open, self.waiting) = (Some((line, Map::new())), None);
            return;
        }
        if trimmed.starts_with("====") {
            return;
        }
        if trimmed.starts_with("CertUtil:") {
            return self.close(out);
        }
        let Some((_, record)) = &mut self.open else {
            // `My "Personal"` names the store.
            let name = trimmed.split_once(" \"").map_or(trimmed, |(name, _)| name);
            match !name.is_empty() && name.len() < 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                true => self.store = name.to_owned(),
                false => out.unknown(line, text),
            }
            return;
        };
        if let Some(key) = self.waiting.take() {
            if !trimmed.is_empty() {
                record.entry(key).or_insert(Value::from(trimmed));
            }
            return;
        }
        if trimmed.starts_with("Key Container =") || trimmed.contains("test passed") {
            record.insert("hasPrivateKey".to_owned(), Value::from(true));
            return;
        }
        let Some((label, value)) = trimmed.split_once(':').or_else(|| trimmed.split_once('=')) else { return };
        let Some((_, key)) = LABELS.iter().find(|(known, _)| *known == label.trim()) else { return };
        match value.trim() {
            "" => self.waiting = Some(key),
            value => {
                let value = if *key == "thumbprint" { value.replace(' ', "") } else { value.to_owned() };
                record.entry(*key).or_insert(Value::from(value));
            }
        }
    }
}

impl Read for Certificates {
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>) {
        if matches!(stretch.form, Form::Json | Form::JsonLines) {
            return self.json.get_or_insert_with(|| super::system::facts("")).take(stretch, out);
        }
        let first = out.first_line();
        (first..).zip(stretch.text.expose().lines()).for_each(|(line, text)| self.line(line, text, out));
    }

    fn end(&mut self, out: &mut Out<'_>) {
        self.close(out);
    }
}

/// The reader of certificates.
pub(super) fn certificates(_: &str) -> Box<dyn Read> {
    Box::new(Certificates::default())
}
