//! One question to a workspace, and the table that answers it.
//!
//! Takes a query, gives a [`Sheet`]: columns and rows, still in the body that they came in. A 200 without a body is what
//! the service sends when it did not understand the content type: a fault, never an empty answer. A 200 with an `error`
//! beside its rows is an answer that was cut short.
//! Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format>, `/errors`, `/timeouts`.

use bytes::Bytes;
use url::Url;

use super::Workspace;
use crate::catalog::Throttle;
use crate::json::{self, Error, Span};
use crate::net::Ask;
use crate::source::field;
use crate::source::run::Run;
use crate::source::stop::Stop;

/// What the service may take at most, seconds; its own default is 180.
const WAIT: &str = "wait=600";

/// The answer to a question.
pub(super) struct Sheet {
    body: Bytes,
    /// Names, and whether their values are `dynamic`.
    pub columns: Vec<(String, bool)>,
    /// Where the list of rows begins; `None`: there is none.
    rows: Option<usize>,
    /// The service had more to say and could not.
    pub is_partial: bool,
}

impl Sheet {
    /// Reads a reply.
    ///
    /// # Errors
    /// What is no answer of the query API: nothing at all, for example.
    pub(super) fn read(body: &Bytes) -> Result<Self, Error> {
        let body = body.slice(if body.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }..);
        let mut sheet = Self { columns: Vec::new(), rows: None, is_partial: false, body };
        // 204, an empty workspace, arrives here as an empty list.
        if sheet.body.starts_with(b"[]") {
            return Ok(sheet);
        }
        let whole = json::value_span(&sheet.body, 0)?;
        if json::skip_space(&sheet.body, whole.end) != sheet.body.len() {
            return Err(Error { offset: whole.end, expected: "the end" });
        }
        let [tables, error] = field::find(&sheet.body, ["tables", "error"]);
        sheet.is_partial = error.is_some_and(|span| sheet.body.get(span.start) == Some(&b'{'));
        match tables {
            Some(tables) => sheet.open(tables.start)?,
            None if sheet.is_partial => {}
            None => return Err(Error { offset: whole.start, expected: "tables" }),
        }
        Ok(sheet)
    }

    /// Opens the first table: the only one that a query without `fork` has.
    fn open(&mut self, tables: usize) -> Result<(), Error> {
        let Some(table) = json::items(&self.body, tables)?.next() else { return Ok(()) };
        let (mut columns, mut rows) = (None, None);
        for member in json::members(&self.body, table?.start)? {
            match member? {
                (b"columns", span) => columns = Some(span),
                (b"rows", span) => rows = Some(span),
                _ => {}
            }
        }
        let (Some(columns), Some(rows)) = (columns, rows) else {
            return Err(Error { offset: tables, expected: "columns and rows" });
        };
        for column in json::items(&self.body, columns.start)? {
            let column = self.body.slice(column?);
            let [name, kind] = field::find(&column, ["name", "type"]);
            let text = |span: Option<Span>| field::text(&column, &span?).map(std::borrow::Cow::into_owned);
            let name = text(name).ok_or(Error { offset: columns.start, expected: "a name" })?;
            self.columns.push((name, text(kind).is_some_and(|kind| kind.eq_ignore_ascii_case("dynamic"))));
        }
        // Whether it is a list of lists is found out here, not while records are made of it.
        for row in json::items(&self.body, rows.start)? {
            let row = row?;
            if self.body.get(row.start) != Some(&b'[') {
                return Err(Error { offset: row.start, expected: "a row" });
            }
        }
        self.rows = Some(rows.start);
        Ok(())
    }

    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(one, _)| one.eq_ignore_ascii_case(name))
    }

    /// The rows, each as the JSON values of its cells.
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows { body: &self.body, items: self.rows.and_then(|at| json::items(&self.body, at).ok()) }
    }
}

/// The rows of an answer.
pub(super) struct Rows<'s> {
    body: &'s [u8],
    items: Option<json::Items<'s>>,
}

impl<'s> Iterator for Rows<'s> {
    type Item = Vec<&'s [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.items.as_mut()?.next()?.ok()?;
        let cells = json::items(self.body, row.start).into_iter().flatten().map_while(Result::ok);
        Some(cells.map(|cell| self.body.get(cell).unwrap_or_default()).collect())
    }
}

/// A number in a cell.
pub(super) fn number(cell: Option<&&[u8]>) -> Option<u64> {
    let text = std::str::from_utf8(cell?).ok()?.trim_matches('"');
    // `sum` of a real is a real.
    text.parse().ok().or_else(|| text.parse::<f64>().ok().filter(|value| *value >= 0.0).map(|value| value as u64))
}

impl Workspace {
    /// Asks. `nonce` tells apart the same question asked again, `slow_max` is how often it may be too slow. Cancel-safe.
    ///
    /// # Errors
    /// The run is over, or there is no answer.
    pub(super) async fn ask(&self, run: &Run<'_>, kql: &str, nonce: u64, slow_max: u32) -> Result<Sheet, Stop> {
        let client = run.request.client;
        let target = &client.endpoints().logs;
        let address = format!("{}{}", target.url.as_str().trim_end_matches('/'), self.path);
        let url = Url::parse(&address).map_err(|_| Stop::BadKey)?;
        let mut body = br#"{"query":""#.to_vec();
        json::escape_into(kql, &mut body);
        body.extend_from_slice(br#""}"#);
        let headers = [("Prefer".to_owned(), WAIT.to_owned())];
        let ask = Ask {
            target,
            class: Throttle::Workspace,
            weight: 1,
            url: &url,
            headers: &headers,
            body: Some(body.into()),
            nonce,
            slow_max,
        };
        let fetched = async {
            let permit = self.desk.acquire().await;
            let answer = client.fetch(&ask, Sheet::read, |refusal| Run::doubts(refusal, false)).await;
            drop(permit);
            answer
        };
        let answer = tokio::select! {
            biased;
            stop = run.over() => return Err(stop),
            fetched = fetched => fetched,
        };
        match answer {
            Ok(answer) => {
                run.note(1, answer.retries);
                Ok(answer.value)
            }
            Err(failure) => {
                run.note(0, failure.retries);
                Err(Stop::of(failure.kind))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sheet, Error> {
        Sheet::read(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn every_form_of_answer_is_told_apart() {
        let table = r#"{"name":"PrimaryResult","columns":[{"name":"A","type":"string"},{"name":"B","type":"dynamic"}],"rows":[["x",1],[null,"{}"]]}"#;
        let sheet = read(&format!(r#"{{"tables":[{table}]}}"#)).unwrap();
        assert_eq!(sheet.columns, [("A".to_owned(), false), ("B".to_owned(), true)]);
        let rows: Vec<_> = sheet.rows().collect();
        assert_eq!(rows, [[&b"\"x\""[..], b"1"], [b"null", b"\"{}\""]]);
        assert!(!sheet.is_partial);
        let cut = format!(r#"{{"tables":[{table}],"error":{{"code":"PartialError"}}}}"#);
        assert!(read(&cut).unwrap().is_partial);
        assert!(read(r#"{"error":{"code":"PartialError"}}"#).unwrap().is_partial);
        assert_eq!(read("[]").unwrap().rows().count(), 0);
        assert_eq!(read(r#"{"tables":[]}"#).unwrap().rows().count(), 0);
        for wrong in [
            "",
            "{}",
            "<html>",
            r#"{"tables":[{"rows":[]}]}"#,
            &cut[..cut.len() - 1],
            &format!("{cut}x"),
            r#"{"tables":[{"columns":[],"rows":[{}]}]}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let rows = [
            ("12", Some(12)),
            ("\"12\"", Some(12)),
            ("1.5e3", Some(1_500)),
            ("null", None),
            ("-1", None),
            ("\"NaN\"", None),
        ];
        for (cell, expected) in rows {
            assert_eq!(number(Some(&cell.as_bytes())), expected, "{cell}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..120)) {
            if let Ok(sheet) = Sheet::read(&Bytes::from(body)) {
                let _ = sheet.rows().count();
            }
        }
    }
}
