//! What is learnt, what is too common to be learnt, and how matches are made.

use super::*;

fn dictionary(values: &[(Kind, &str)]) -> Dictionary {
    let mut learning = Learning::default();
    for (kind, value) in values {
        learning.value(*kind, value);
    }
    learning.freeze(["displayName"].into_iter())
}

fn found(dictionary: &Dictionary, text: &str) -> Vec<String> {
    let mut all = Vec::new();
    dictionary.each(text, 0, text.len(), &|_| false, |term, from, to| {
        all.push(format!("{}={}", &text[from..to], term.value))
    });
    all
}

#[test]
fn names_are_found_in_every_order_and_stand_for_the_field() {
    let dictionary = dictionary(&[(Kind::Name, "Zo\u{eb} Marsh"), (Kind::Name, "Reed, Tom Alder")]);
    for (text, wanted) in [
        ("hello zo\u{eb} marsh.", "zo\u{eb} marsh=Zo\u{eb} Marsh"),
        ("Marsh, Zo\u{cb}", "Marsh, Zo\u{cb}=Zo\u{eb} Marsh"),
        ("ZOE MARSH", "ZOE MARSH=Zo\u{eb} Marsh"),
        ("zo\u{eb}.marsh", "zo\u{eb}.marsh=Zo\u{eb} Marsh"),
        ("by Tom Alder Reed", "Tom Alder Reed=Reed, Tom Alder"),
    ] {
        assert_eq!(found(&dictionary, text), [wanted]);
    }
    assert!(found(&dictionary, "zo\u{eb} and marsh; zo\u{eb}\nmarsh").is_empty());
}

#[test]
fn the_longest_term_wins() {
    let dictionary = dictionary(&[(Kind::Name, "Ada Field"), (Kind::OrgName, "Ada Field Works")]);
    assert_eq!(found(&dictionary, "at Ada Field Works"), ["Ada Field Works=Ada Field Works"]);
    assert_eq!(found(&dictionary, "at Ada Field Work"), ["Ada Field=Ada Field"]);
}

#[test]
fn accounts_and_hosts_keep_their_separators() {
    let dictionary = dictionary(&[(Kind::Account, "a.reeds"), (Kind::Host, "AW-PC-7")]);
    assert_eq!(found(&dictionary, "by A.REEDS on aw-pc-7"), ["A.REEDS=a.reeds", "aw-pc-7=AW-PC-7"]);
    assert!(found(&dictionary, "a reeds, aw pc 7").is_empty());
}

#[test]
fn common_words_are_never_terms() {
    let common = [
        (Kind::Account, "admin"),
        (Kind::Account, "it"),
        (Kind::Account, "user"),
        (Kind::Name, "Test User"),
        (Kind::Name, "Ada"),
        (Kind::Host, "iPhone"),
        (Kind::EmployeeId, "50126"),
        (Kind::Account, "displayname"),
        (Kind::Name, "Global Administrator"),
        (Kind::Account, "smith"),
    ];
    let dictionary = dictionary(&common);
    let text = "admin it user Test User Ada iPhone 50126 displayName Global Administrator";
    assert_eq!(found(&dictionary, text), Vec::<String>::new());
    assert_eq!(found(&dictionary, "smith"), ["smith=smith"]);
}

#[test]
fn typed_values_are_found_where_they_can_be_told() {
    let dictionary = dictionary(&[
        (Kind::Name, "Jos\u{e9}"),
        (Kind::Place, "Port Ellery"),
        (Kind::Place, "12 345"),
        (Kind::Phone, "+44 1752 555010"),
        (Kind::EmployeeId, "Seasonal"),
        (Kind::Host, "intranet.partner.example"),
        (Kind::Host, "pc-0412.partner.example"),
        (Kind::ImmutableId, "Ux2c79K3Tke7RoM/p1XVpA=="),
    ]);
    for (text, wanted) in [
        ("thanks, Jos\u{e9}", vec!["Jos\u{e9}=Jos\u{e9}"]),
        ("in PORT ELLERY", vec!["PORT ELLERY=Port Ellery"]),
        ("call 44-1752-555010", vec!["44-1752-555010=+44 1752 555010"]),
        ("12 345 seasonal on the intranet", vec![]),
        ("on PC-0412", vec!["PC-0412=pc-0412"]),
    ] {
        assert_eq!(found(&dictionary, text), wanted);
    }
    let id = crate::pseudonym::guid::parse("ef9c1d53-b7d2-474e-bb46-833fa755d5a4").unwrap();
    assert_eq!(dictionary.is_known(id), Some(Kind::ImmutableId));
}

#[test]
fn ids_remember_the_more_personal_class() {
    let id = "7f3c1d52-8a4e-4b6f-9d10-2c5e8f7a6b31";
    let number = crate::pseudonym::guid::parse(id).unwrap();
    for order in [[Kind::GroupId, Kind::UserId], [Kind::UserId, Kind::GroupId]] {
        let dictionary = dictionary(&order.map(|kind| (kind, id)));
        assert_eq!(dictionary.is_known(number), Some(Kind::UserId));
    }
    assert_eq!(dictionary(&[(Kind::PrincipalId, id)]).is_known(number), None, "an unknown class teaches nothing");
}

#[test]
fn the_order_of_learning_does_not_matter() {
    let values = [
        (Kind::Name, "Ada Fields"),
        (Kind::Name, "Fields Ada"),
        (Kind::Account, "ada.fields"),
        (Kind::Host, "ada.fields"),
    ];
    let mut turned = values;
    turned.reverse();
    for text in ["ada fields", "fields, ada", "ada.fields"] {
        assert_eq!(found(&dictionary(&values), text), found(&dictionary(&turned), text));
    }
    assert_eq!(found(&dictionary(&values), "fields ada"), ["fields ada=Fields Ada"]);
}

#[test]
fn own_domains_cover_what_lies_under_them() {
    let dictionary =
        dictionary(&[(Kind::Domain, "Alderwood.example"), (Kind::Domain, "alderwoodmarine.onmicrosoft.com")]);
    assert!(dictionary.is_under_own_domain("sts.ALDERWOOD.example"));
    assert!(!dictionary.is_under_own_domain("notalderwood.example"));
    assert!(dictionary.is_own_domain("ALDERWOOD"));
    assert_eq!(found(&dictionary, "alderwoodmarine onmicrosoft"), ["alderwoodmarine=alderwoodmarine"]);
}
