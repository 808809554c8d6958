//! Rows compiled for lookup: paths, wrappers, parents, other spellings.

use super::*;

#[test]
fn paths_come_before_keys_and_wrappers_are_transparent() {
    let rules = Rules::new([("audits", Group::Logs, "/auditLogs/directoryAudits")]);
    let root = rules.root("audits");
    let id = rules.key(b"ID");
    let step = |at, key: &[u8]| rules.child(at, rules.key(key));
    let user = step(step(root, b"initiatedBy"), b"user");
    assert_eq!(rules.cases(rules.child(user, id), id).0[0].action, Action::Kind(Kind::UserId));
    assert_eq!(step(root, b"properties"), root);
    assert_eq!(step(root, b"nothing of the sort"), NOWHERE);
    assert_eq!(rules.cases(NOWHERE, rules.key(b"ipaddress")).1[0].action, Action::Kind(Kind::Ip));
    assert_eq!(rules.root("unknown"), NOWHERE);
}

#[test]
fn the_parent_ends_at_the_last_placeholder() {
    let rules = Rules::new([
        ("group-members", Group::Objects, "/groups/{0}/members"),
        ("schemas", Group::Config, "/servicePrincipals/{0}/synchronization/jobs/{1}/schema"),
    ]);
    assert_eq!(rules.parent("group-members"), Some(("groups/{0}", &[Kind::GroupId][..])));
    let (template, kinds) = rules.parent("schemas").unwrap();
    assert_eq!(template, "servicePrincipals/{0}/synchronization/jobs/{1}");
    assert_eq!(kinds, [Kind::ServicePrincipalId, Kind::ConfigId]);
}
