//! The stretches of a file, one after another, are the file; and each can be read with what it says.

use proptest::prelude::*;

use super::{encoded, joined, small, stretches};
use crate::files::cut::{Rows, Tag, cells, next_tag};
use crate::files::sizes::Sizes;
use crate::record::{Context, Encoding, Form, Open, RawStretch};

/// A text of every form, and what form that is.
fn texts() -> Vec<(&'static str, Form, String)> {
    let rows = |row: &dyn Fn(usize) -> String| (0..60).map(row).collect::<String>();
    vec![
        ("l.jsonl", Form::JsonLines, rows(&|n| format!("{{\"n\":{n},\"t\":\"ä\\\"{}\"}}\r\n", "x".repeat(n % 7)))),
        ("one.jsonl", Form::JsonLines, rows(&|n| format!("[{}{n}]\n", "[1,{\"a\":2}],".repeat(n)))),
        ("t.log", Form::Text, rows(&|n| format!("2026-01-01 {n}, line {}\r\n", "é, ".repeat(n % 11)))),
        ("long.log", Form::Text, rows(&|n| format!("word{n} "))),
        (
            "d.json",
            Form::Json,
            format!(
                "{{ \"@odata\": 1,\n \"value\" : [ {} 1 ] , \"z\": {{}} }}\n",
                rows(&|n| format!("{{\"id\": {n}, \"x\": [[], \"a,]\"]}} ,\n"))
            ),
        ),
        ("c.json", Form::Json, rows(&|n| format!("{{\n \"n\": {n}\n}}\n\n"))),
        ("c.csv", Form::Csv, format!("a,\"b \"\"q\"\"\",a\r\n{}", rows(&|n| format!("{n},\"x\r\ny, {n}\",ü\"\r\n")))),
        ("p.csv", Form::Csv, format!("#TYPE A.B\r\n\"a\";\"b\"\r\n{}", rows(&|n| format!("\"{n}\";\"\"\r\n")))),
        (
            "x.xml",
            Form::Xml,
            format!(
                "<?xml version=\"1.0\"?>\n<!-- <a> -->\n<r a='>'>\n<l>{}</l></r>\n",
                rows(&|n| format!(" <e n=\"{n}\"><f>t {n}</f> tail<g/></e>\n"))
            ),
        ),
        (
            "e.ldif",
            Form::Ldif,
            format!(
                "version: 1\n\n{}",
                rows(&|n| format!("dn: CN={n},DC=x\ncn: {n}\ndescription: long\n  and folded\n\n\n"))
            ),
        ),
        (
            "r.reg",
            Form::Registry,
            format!(
                "Windows Registry Editor Version 5.00\r\n\r\n{}",
                rows(&|n| format!("[HKEY_X\\{n}]\r\n\"a\"=hex:00,\\\r\n  01\r\n\r\n"))
            ),
        ),
    ]
}

#[test]
fn stretches_joined_are_the_file_for_every_size() {
    for (name, form, text) in texts() {
        for stretch in [1, 2, 3, 7, 16, 31, 64, 257, 1024, 5000, 1 << 20] {
            for whole in [1, 40, 300, 8 << 20] {
                let sizes = small(stretch, whole);
                let cut = stretches(text.as_bytes(), name, sizes);
                assert_eq!(joined(&cut), text, "{name} {stretch} {whole}");
                assert!(cut.iter().all(|one| !one.text.expose().is_empty()), "{name}: an empty stretch");
                let longest = cut.iter().map(|one| one.text.expose().len()).max().unwrap();
                assert!(longest <= stretch.max(whole) + 200 + sizes.block.max(sizes.head), "{name}: {longest}");
            }
        }
        let whole = stretches(text.as_bytes(), name, Sizes::default());
        assert_eq!(whole[0].form, if name == "p.csv" { Form::Text } else { form }, "{name}");
    }
}

#[test]
fn every_encoding_comes_back_to_the_byte() {
    for (name, _, text) in texts() {
        let wide = |mark: &str, big: bool| -> Vec<u8> {
            let units = mark.encode_utf16().chain(text.encode_utf16());
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let files = [
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            wide("\u{feff}", false),
            wide("\u{feff}", true),
            wide("", false),
            encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        ];
        for (file, sizes) in
            files.iter().flat_map(|file| [small(100, 200), Sizes::default()].map(|sizes| (file, sizes)))
        {
            let cut = stretches(file, name, sizes);
            assert_eq!(encoded(&cut), *file, "{name}");
            assert_eq!(cut.iter().filter(|one| one.has_mark).count(), usize::from(file[0] >= 0xEF), "{name}");
            assert_eq!(joined(&cut), text, "{name}");
        }
    }
}

#[test]
fn a_log_in_two_encodings_loses_no_letter() {
    let mut file = "plain\n".repeat(20).into_bytes();
    file.extend("Müller, Łódź\n".repeat(9).bytes());
    file.extend(b"M\xFCller\n");
    let cut = stretches(&file, "x.log", small(50, 100));
    assert!(joined(&cut).ends_with("Łódź\nMüller\n"));
    assert!(cut.iter().all(|one| one.encoding != Encoding::Windows1252 || !one.text.expose().contains('Ł')));
}

/// What stands open at the end of a stretch: where the next one begins.
fn open(stretch: Option<&RawStretch>) -> &[Open] {
    match stretch.map(|stretch| &stretch.context) {
        Some(Context::Inside(open)) => open,
        _ => &[],
    }
}

/// A cut document, each stretch made whole again: JSON that parses.
fn assert_readable(cut: &[RawStretch]) {
    for (n, stretch) in cut.iter().enumerate() {
        let before = open(Some(stretch));
        let after = if stretch.goes_on { open(cut.get(n + 1)) } else { &[] };
        let mut document = String::new();
        for open in before {
            if let Some(name) = &open.name {
                document.push_str(&format!("{}:", serde_json::to_string(name.expose()).unwrap()));
            }
            document.push(if open.is_array { '[' } else { '{' });
        }
        if !before.is_empty() {
            assert!(before.last().unwrap().is_array);
            assert!(stretch.text.expose().starts_with([',', ']']), "begins with the comma or the bracket");
            document.push_str("null");
        }
        document.push_str(stretch.text.expose());
        document.extend(after.iter().rev().map(|open| if open.is_array { ']' } else { '}' }));
        assert!(serde_json::from_str::<serde_json::Value>(&document).is_ok(), "{document}");
    }
}

#[test]
fn a_long_document_is_cut_between_records() {
    let record = |n: usize| format!("{{\"id\":{n},\"deep\":[{{\"k\":[1,2,3]}},{{\"k\":[]}}]}}");
    let records: Vec<_> = (0..500).map(record).collect();
    let document = format!("{{\"a\":{{\"va\\u006cue\": [ {} ]}}, \"b\": [1]}}", records.join("\n, "));
    let cut = stretches(document.as_bytes(), "x.json", small(1000, 3000));
    assert!(cut.len() > 10);
    assert_readable(&cut);
    for stretch in &cut[1..] {
        let names: Vec<_> =
            open(Some(stretch)).iter().map(|open| open.name.as_ref().map_or("", |name| name.expose())).collect();
        assert_eq!(names, ["", "a", "value"], "between records, not inside");
    }
    assert!(cut.iter().rev().skip(1).all(|stretch| stretch.goes_on) && !cut.last().unwrap().goes_on);
}

#[test]
fn what_has_no_place_to_cut_goes_on_as_text() {
    let string = format!("{{\"a\":[1,2,\"{}\"]}}\n", "x".repeat(5000));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(3000), "]".repeat(3000));
    let map = format!("{{{}\"z\":0}}", (0..900).map(|n| format!("\"k{n}\":{{}},")).collect::<String>());
    for document in [string, deep, map] {
        let cut = stretches(document.as_bytes(), "x.json", small(500, 1000));
        assert_eq!(joined(&cut), document);
        assert_eq!(cut.last().unwrap().form, Form::Text);
        assert!(cut.iter().all(|one| one.text.expose().len() <= 5200));
    }
}

#[test]
fn a_long_line_among_lines_is_cut_as_a_document() {
    let long = format!("{{\"value\":[{}0]}}\n", "{\"a\":1},".repeat(900));
    let file = format!("{{\"a\":1}}\n{{\"b\":2}}\n{long}{{\"c\":3}}\n{{\"d\":4}}\n");
    let cut = stretches(file.as_bytes(), "x.jsonl", small(600, 1200));
    assert_eq!(joined(&cut), file);
    let documents: Vec<_> = cut.into_iter().filter(|one| one.form == Form::Json).collect();
    assert_eq!(joined(&documents), long);
    assert_readable(&documents);
}

#[test]
fn rows_keep_their_cells() {
    let text = format!("a,b\n{}", (0..400).map(|n| format!("{n},\"x\n\"\"{n}\"\"\"\n")).collect::<String>());
    let all = |text: &str| {
        let (mut rows, mut from, mut found) = (Rows::default(), 0, Vec::new());
        while let Some(end) = rows.next_end(text, b',', true) {
            found.push(cells(&text[from..end], b','));
            from = end;
        }
        found
    };
    for size in [1, 10, 100, 1000] {
        let cut = stretches(text.as_bytes(), "x.csv", small(size, 4000));
        assert_eq!(cut.iter().flat_map(|one| all(one.text.expose())).collect::<Vec<_>>(), all(&text));
        for (n, stretch) in cut.iter().enumerate() {
            let Context::Columns { names, separator, has_header } = &stretch.context else { panic!() };
            assert_eq!((names.len(), names[1].expose(), *separator, *has_header), (2, "b", b',', n == 0));
        }
    }
}

#[test]
fn a_quote_that_nothing_closes_ends_the_table() {
    let text = format!("a,b\n1,2\n3,\"open\n{}", "4,5\n".repeat(900));
    let cut = stretches(text.as_bytes(), "x.csv", small(200, 1000));
    assert_eq!(joined(&cut), text);
    assert_eq!(cut.first().unwrap().form, Form::Csv);
    assert_eq!(cut.last().unwrap().form, Form::Text);
}

#[test]
fn elements_stay_whole() {
    let element = |n: usize| format!("<e n='{n}'><f>a &lt; b</f><![CDATA[<x>]]></e>\n");
    let text = format!("<?xml version=\"1.0\"?><r a=\"1\">\n<l>{}</l></r>", (0..300).map(element).collect::<String>());
    let cut = stretches(text.as_bytes(), "x.xml", small(500, 1500));
    assert!(cut.len() > 8);
    for (n, stretch) in cut.iter().enumerate() {
        let mut tags: Vec<String> =
            open(Some(stretch)).iter().map(|open| open.name.as_ref().unwrap().expose().to_owned()).collect();
        if n > 0 {
            assert_eq!(tags, ["<r a=\"1\">", "<l>"]);
        }
        let mut at = 0;
        while let Ok((tag, _, end)) = next_tag(stretch.text.expose(), at) {
            match tag {
                Tag::Start(tag) => tags.push(tag.to_owned()),
                Tag::End(_) => assert!(tags.pop().is_some()),
                _ => {}
            }
            at = end;
        }
        assert_eq!(tags.len(), open(cut.get(n + 1)).len(), "what is open at the end is the context of the next");
    }
    let broken = text.replace("<l>", "<l><unclosed>");
    let cut = stretches(broken.as_bytes(), "x.xml", small(500, 1500));
    assert_eq!((joined(&cut), cut.last().unwrap().form), (broken, Form::Text));
}

#[test]
fn entries_and_keys_stay_whole() {
    let entry = |n: usize| format!("dn: CN={n}\ncn: {n}\n{}\n", "member: CN=x\n".repeat(n % 9));
    let text: String = (1..200).map(entry).collect();
    let cut = stretches(text.as_bytes(), "x.ldif", small(300, 2000));
    assert!(cut.len() > 9 && cut.iter().all(|one| one.text.expose().starts_with("dn: ")));
    let text = format!(
        "REGEDIT4\r\n\r\n{}",
        (0..99).map(|n| format!("[HKEY_X\\{n}]\r\n\"a\"=\"{n}\"\r\n\r\n")).collect::<String>()
    );
    let cut = stretches(text.as_bytes(), "x.reg", small(100, 2000));
    assert!(cut.len() > 9 && cut[1..].iter().all(|one| one.text.expose().starts_with('[')));
    // A group too long to be given whole is cut behind a value.
    let group = format!("dn: CN=g\n{}", "member: CN=a,\n  DC=b\n".repeat(400));
    let cut = stretches(group.as_bytes(), "x.ldif", small(300, 1000));
    assert!(cut.len() > 5 && cut[1..].iter().all(|one| one.text.expose().starts_with("member: ")));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i32>().prop_map(serde_json::Value::from),
        "[a-zä\"\\\\,\\]{}\n ]{0,9}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 200, 12, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..12).prop_map(serde_json::Value::from),
            prop::collection::vec(("[a-c\"\\\\]{0,3}", inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_can_be_cut_anywhere(value in json(), stretch in 1..80_usize, whole in 1..400_usize, pretty: bool) {
        let document = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let document = format!("[{document}]");
        let cut = stretches(document.as_bytes(), "x.json", small(stretch, whole));
        prop_assert_eq!(joined(&cut), document);
        if cut.iter().all(|one| one.form == Form::Json) {
            assert_readable(&cut);
        }
    }

    #[test]
    fn any_bytes_come_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), stretch in 1..90_usize) {
        if let Ok((encoding, mark)) = crate::files::encoding::recognise(&bytes) {
            let sizes = small(stretch, 2 * stretch);
            crate::files::stretches::Stretches::new(&bytes[..], encoding, mark, "x", sizes).for_each(drop);
        }
    }

    #[test]
    fn any_text_comes_back(text in "([{}\\[\\]\",;:<>/!\\-=#a-dä\r\n\t ]|<a>|</a>|dn: |\\[1\\]|\"a\"){0,200}", stretch in 1..60_usize, whole in 1..200_usize) {
        for name in ["x", "x.csv", "x.jsonl"] {
            let cut = stretches(text.as_bytes(), name, small(stretch, whole));
            prop_assert_eq!(joined(&cut), &text[..]);
        }
    }
}
