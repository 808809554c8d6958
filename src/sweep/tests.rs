//! Every form in every spelling is found, and its pseudonym accepted.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;
use crate::catalog::Kind;
use crate::pseudonym::Policy;
use crate::pseudonym::cipher::Ff1;
use crate::pseudonym::key::MasterKey;
use crate::pseudonym::map::pseudonymise;

fn cipher(key: u8) -> Ff1 {
    Ff1::new(&MasterKey::from_bytes([key; 32]))
}

fn found(cipher: &Ff1, entry: &str, content: &str) -> Vec<Shape> {
    let mut scan = LeakScan::new(Some(ClosedWorld::new(cipher, SHAPES.to_vec())), None);
    scan.begin(entry);
    for piece in content.as_bytes().chunks(7) {
        scan.piece(piece);
    }
    scan.end();
    scan.findings().into_iter().map(|finding| finding.shape).collect()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The files in which a text stands, in every spelling.
fn spellings(text: &str) -> Vec<(&'static str, &'static str, String)> {
    let line = |value: &str| format!("{{\"id\":\"1\",\"note\":{}}}\n", json(value));
    let nested = |value: &str| format!("{{\"inner\":{}}}", json(value));
    let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let references: String = text.chars().map(|symbol| format!("&#{};", u32::from(symbol))).collect();
    let sentence = format!("it was '{text}' again, as before");
    let wide: Vec<u8> = sentence.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("json", "data/a.jsonl", line(text)),
        ("in a sentence", "data/a.jsonl", line(&sentence)),
        ("as a key", "data/a.jsonl", format!("{{{}:1}}\n", json(text))),
        ("json escapes", "data/a.jsonl", format!("{{\"a\":\"{escaped}\"}}\n")),
        ("json in json", "data/a.jsonl", line(&nested(text))),
        ("json in json in json", "data/a.jsonl", line(&nested(&nested(text)))),
        ("percent", "data/a.jsonl", line(&format!("q={}", percent(text)))),
        ("percent twice", "data/a.jsonl", line(&format!("q={}", percent(&percent(text))))),
        ("references", "data/a.jsonl", line(&references)),
        ("base64", "data/a.jsonl", line(&STANDARD.encode(format!("the text {text}\n")))),
        (
            "base64 in a path",
            "data/a.jsonl",
            line(&format!("/p/{}/q", URL_SAFE_NO_PAD.encode(format!("the text {text}\n")))),
        ),
        ("base64 utf-16", "data/a.jsonl", line(&STANDARD.encode(wide))),
        ("document", "manifest.json", format!("{{\n  \"reason\": {}\n}}\n", json(text))),
        ("text", "README.txt", format!("see {text}\n")),
        ("page", "report.html", format!("<style>a.b{{}}</style><td>{text}</td>")),
        (
            "data of a page",
            "report.html",
            format!("<script type=\"application/json\">{{\"a\":\"{references}\"}}</script>"),
        ),
    ]
}

const ROWS: [(Kind, Shape, &str); 10] = [
    (Kind::Upn, Shape::Mail, "ada.field@alderwood.example"),
    (Kind::Mail, Shape::Mail, "Ada.O'Field@Crew.Partner-Firm.co.uk"),
    (Kind::Mail, Shape::Mail, "jürgen@bücher.de"),
    (Kind::Upn, Shape::Guest, "ada_partner.example#EXT#@alderwoodmarine.onmicrosoft.com"),
    (Kind::Dn, Shape::Dn, "CN=Ada Field,OU=Crew,DC=ad,DC=alderwood,DC=local"),
    (Kind::Dn, Shape::Dn, "cn=ada, o=Alderwood Marine, c=GB"),
    (
        Kind::Dn,
        Shape::ExchangeDn,
        "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=ada",
    ),
    (Kind::DomainUser, Shape::Account, "ALDERWOOD\\afield7"),
    (Kind::Host, Shape::Host, "dc01.ad.alderwood.local"),
    (Kind::Host, Shape::Host, "sts.partner-firm.com"),
];

#[test]
fn every_form_is_found_in_every_spelling_and_its_pseudonym_accepted() {
    let (ours, other) = (cipher(1), cipher(2));
    for (kind, shape, value) in ROWS {
        let mut image = String::new();
        pseudonymise(kind, value, &ours, &mut image).unwrap();
        let clean = spellings(&image);
        for ((spelling, entry, raw), (_, _, clean)) in spellings(value).into_iter().zip(clean) {
            let found_raw = found(&ours, entry, &raw);
            assert!(found_raw.contains(&shape), "{shape:?} {spelling}: {found_raw:?}\n{raw}");
            assert_eq!(found(&ours, entry, &clean), [], "{shape:?} {spelling}\n{clean}");
            // An account is told from a path by its capitals, which a token has not.
            if shape != Shape::Account {
                assert!(!found(&other, entry, &clean).is_empty(), "{shape:?} {spelling} with another key");
            }
        }
    }
}

#[test]
fn public_names_and_what_only_looks_like_one_are_no_finds() {
    let ours = cipher(1);
    for text in [
        "graph.microsoft.com",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "NT AUTHORITY\\SYSTEM",
        "C:\\Windows\\System32",
        "HKLM\\SOFTWARE\\Microsoft",
        "CN=MS-Organization-Access,DC=windows,DC=net",
        "Chrome/142.0.0.0 Safari/537.36",
        "user.department",
        "members@odata.bind",
        "Directory.Read.All",
        "a\\nb",
        "microsoft.directory/applications/create",
        "2026-09-15T12:00:00.000Z",
        "sign-ins.jsonl",
        "manifest-sha256.txt",
        "7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31",
        "[REMOVED:jwt:0123abcd]",
    ] {
        assert_eq!(found(&ours, "README.txt", text), [], "{text}");
        assert_eq!(found(&ours, "data/a.jsonl", &format!("{{\"a\":{}}}\n", json(text))), [], "{text}");
    }
}

#[test]
fn a_name_ends_where_the_sentence_goes_on() {
    let ours = cipher(1);
    let [mut one, mut other] = [const { String::new() }; 2];
    pseudonymise(Kind::Dn, "CN=ada,CN=Managed Service Accounts,DC=alderwood,DC=com", &ours, &mut one).unwrap();
    pseudonymise(Kind::Dn, "CN=bob,OU=Crew,DC=alderwood,DC=com", &ours, &mut other).unwrap();
    let sentence = |first: &str, second: &str| format!("found {first} but it does not correspond to {second} here");
    assert_eq!(found(&ours, "data/files/a.txt", &sentence(&one, &other)), []);
    let finds = found(&ours, "data/files/a.txt", &sentence(&one, "CN=bob,OU=Crew,DC=alderwood,DC=com"));
    assert!(finds.contains(&Shape::Dn), "{finds:?}");
    let apostrophe = found(&ours, "data/files/a.txt", "Dn: CN=D'Arcy Field,OU=Crew,DC=alderwood,DC=com, Date: 1");
    assert!(apostrophe.contains(&Shape::Dn), "{apostrophe:?}");
    let half =
        format!("Dn: CN={}'Arcy Field,{}", &one[3..one.find(',').unwrap()], &other[other.find(',').unwrap() + 1..]);
    assert!(found(&ours, "data/files/a.txt", &half).contains(&Shape::Dn), "half a name");
}

#[test]
fn findings_say_where_and_how_often() {
    let ours = cipher(1);
    let mut scan = LeakScan::new(Some(ClosedWorld::new(&ours, SHAPES.to_vec())), None);
    scan.begin("data/ada@x.test.txt");
    scan.piece(b"{}\n{}\nada@x.test bob@x.test\nada@x.test");
    scan.end();
    let place = |line, count| Finding { entry: "data/ada@x.test.txt".into(), shape: Shape::Mail, count, line };
    assert_eq!(scan.take_findings(), [place(0, 4)]);
    scan.begin("b");
    scan.piece(b"\n\nada@x.test\n");
    scan.end();
    assert_eq!(scan.findings(), [Finding { entry: "b".into(), ..place(3, 1) }]);
}

#[test]
fn kept_kinds_leave_their_forms_unjudged() {
    assert_eq!(covered(&Policy::standard().kept()), SHAPES);
    assert_eq!(covered(&Policy::strict().kept()), SHAPES);
    let kept = Policy::standard().keep("domain").unwrap().kept();
    assert_eq!(covered(&kept), []);
    let kept = Policy::standard().keep("upn").unwrap().kept();
    assert!(!covered(&kept).contains(&Shape::Mail) && covered(&kept).contains(&Shape::Host));
}

#[test]
fn folded_lines_wide_characters_and_mapped_addresses_are_read_as_they_are_meant() {
    let ours = cipher(1);
    let mut mail = String::new();
    pseudonymise(Kind::Mail, "ada.field@alderwood.test", &ours, &mut mail).unwrap();
    let (local, domain) = mail.split_once('@').unwrap();
    let (front, back) = mail.split_at(mail.len() / 2);
    let folded = format!("mail: {front}\r\n {back}\r\ncn: x\r\n");
    assert_eq!(found(&ours, "data/files/a.ldif", &folded), []);
    assert!(!found(&ours, "data/files/a.ldif", "mail: ada.field@alder\n wood.test").is_empty());
    assert_eq!(found(&ours, "data/files/a.txt", &format!("To: {local}=40{domain}")), []);
    assert_eq!(found(&ours, "data/files/a.txt", &format!("from dsl-203-0-113-27.{domain} port 1")), []);
    assert!(!found(&ours, "data/files/a.txt", &format!("from ada-203-0-113-27.{domain} port 1")).is_empty());
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide = |text: &str| text.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
        let finds = |text: &str| {
            let mut scan = LeakScan::new(Some(ClosedWorld::new(&ours, SHAPES.to_vec())), None);
            scan.begin("data/files/a.txt");
            scan.piece(&wide(text));
            scan.end();
            scan.findings().len()
        };
        assert_eq!(finds(&format!("one\nfor {mail}\nthree\n")), 0);
        assert_eq!(finds("one\nfor ada.field@alderwood.test\nthree\n"), 1);
    }
}

/// Members with and without something to be found: numbers that begin alike, keys, lists, escapes, white space.
const MEMBERS: [&str; 16] = [
    r#""a":"nothing to see""#,
    r#""a":"ada@alderwood.test""#,
    r#""a":null"#,
    r#""b":1"#,
    r#""b":12"#,
    r#""b" : "ada@alderwood.test""#,
    r#""ada@alderwood.test":true"#,
    r#""list":["one","ada@alderwood.test","two"]"#,
    r#""list":["one","one"]"#,
    r#""object":{"a":"dc1.alderwood.test","b":1}"#,
    r#""object":{}"#,
    r#""text":"{\"mail\":\"ada@alderwood.test\"}""#,
    r#""text":"ada\u0040alderwood.test""#,
    r#""id":"7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31""#,
    r#""broken":"no end"#,
    r#""path":"C:\\Users""#,
];

proptest::proptest! {
    #[test]
    fn every_leak_is_counted_however_often_it_comes(
        records in proptest::collection::vec(
            proptest::collection::vec(proptest::sample::select(&MEMBERS[..]), 0..6),
            1..12,
        ),
    ) {
        let ours = cipher(1);
        let lines: Vec<String> = records.iter().map(|members| format!("{{{}}}\n", members.join(","))).collect();
        // Each line in a piece of its own, so that nothing came before it; then all in one.
        let count = |pieces: &[String]| {
            let mut scan = LeakScan::new(Some(ClosedWorld::new(&ours, SHAPES.to_vec())), None);
            scan.begin("data/a.jsonl");
            pieces.iter().for_each(|piece| scan.piece(piece.as_bytes()));
            scan.end();
            scan.findings()
        };
        proptest::prop_assert_eq!(count(&[lines.concat()]), count(&lines));
    }
}
