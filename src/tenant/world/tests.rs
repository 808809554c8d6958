//! The tenant is distinct, repeatable and consistent.

use super::*;
use std::collections::HashSet;

fn world(users: u64) -> World {
    World::new(Settings { seed: 7, users, now: time::macros::datetime!(2026-09-01 12:00 UTC) })
}

#[test]
fn names_and_ids_are_unique_among_100_000_users() {
    let world = world(100_000);
    let mut seen = HashSet::new();
    for index in 0..world.user_count() {
        let user = world.user(index);
        assert!(seen.insert(user.id), "id of user {index}");
        assert!(seen.insert(user.upn.to_lowercase()), "UPN of user {index}");
        assert!(user.sam.is_none_or(|sam| sam.len() <= 20 && seen.insert(sam)), "account of user {index}");
        assert!(user.dn.is_none_or(|dn| seen.insert(dn)), "distinguished name of user {index}");
        assert!(user.employee_id.is_none_or(|number| seen.insert(number)), "employee number of user {index}");
    }
}

#[test]
fn mail_addresses_are_unique_except_for_nobody() {
    let world = world(100_000);
    let mut seen = HashSet::new();
    for index in 0..world.user_count() {
        for address in world.user(index).proxy_addresses {
            assert!(seen.insert(address.to_lowercase()), "address of user {index}");
        }
    }
}

#[test]
fn the_last_of_a_million_users_have_no_names_of_the_first() {
    let world = world(1_000_000);
    let mut seen = HashSet::new();
    for index in (0..30_000).chain(970_000..1_000_000) {
        assert!(seen.insert(world.user(index).upn.to_lowercase()), "UPN of user {index}");
    }
}

#[test]
fn every_id_leads_back_to_its_object() {
    let world = world(5_000);
    for index in (0..world.user_count()).step_by(37) {
        assert_eq!(world.user_index_by_id(&world.user(index).id), Some(index));
        assert_eq!(world.user_index_by_id(&world.user(index).id.to_uppercase()), Some(index));
        assert_eq!(world.device_index_by_id(&world.user(index).id), None);
    }
    let last = world.group_count() - 1;
    assert_eq!(world.group_index_by_id(&world.group(last).id), Some(last));
    assert_eq!(world.user_index_by_id(&world.id(Class::User, world.user_count())), None, "nobody behind the last user");
    assert_eq!(world.user_index_by_id("not a GUID"), None);
}

#[test]
fn same_settings_same_tenant_other_seed_other_tenant() {
    let picture = |world: &World| {
        let people: Vec<String> = (0..200).map(|index| format!("{:?}", world.user(index))).collect();
        let machines: Vec<String> = (0..100).map(|index| format!("{:?}", world.device(index))).collect();
        (people, machines, format!("{:?}", world.role_assignment(3)))
    };
    assert_eq!(picture(&world(300)), picture(&world(300)));
    let other = World::new(Settings { seed: 8, ..world(300).settings });
    assert_ne!(other.tenant_id(), world(300).tenant_id());
    assert_ne!(other.user(4).id, world(300).user(4).id);
    assert_ne!(other.user(77).upn, world(300).user(77).upn);
}

#[test]
fn the_demo_has_its_sizes() {
    let world = world(120);
    let counts =
        [world.group_count(), world.device_count(), world.application_count(), world.service_principal_count()];
    assert_eq!(counts, [25, 90, 25, 60]);
    assert_eq!(super::World::new(Settings { users: 1, ..world.settings }).user_count(), USERS_MIN);
}

#[test]
fn origins_have_their_shares() {
    let world = world(10_000);
    let share = |wanted: &dyn Fn(&User) -> bool| (0..10_000).filter(|index| wanted(&world.user(*index))).count() / 100;
    assert!((68..=78).contains(&share(&|user| user.is_synced)), "about 70 % are synced");
    assert!((4..=6).contains(&share(&|user| user.is_guest)), "about 5 % are guests");
    assert!(share(&|user| user.mail.as_ref().is_some_and(|mail| !mail.eq_ignore_ascii_case(&user.upn))) >= 8);
    assert!(share(&|user| user.upn != user.upn.to_lowercase()) >= 8, "mixed case");
    assert!(share(&|user| !user.display_name.is_ascii()) >= 15, "letters outside ASCII");
}

#[test]
fn the_cast_holds_the_hard_cases() {
    let world = world(40);
    let people: Vec<User> = (0..40).map(|index| world.user(index)).collect();
    let has = |wanted: &dyn Fn(&User) -> bool| people.iter().any(wanted);
    assert!(has(&|user| user.upn.contains('\'')), "an apostrophe in the UPN");
    assert!(has(&|user| user.upn.contains("#EXT#")), "a guest");
    assert!(has(&|user| user.surname.as_deref() == Some(user.site.city)), "a family name that is the user's city");
    assert!(has(&|user| user.sam.as_ref().is_some_and(|sam| !user.upn.contains(sam.as_str()))), "another account name");
    assert!(
        has(&|user| user.on_premises_upn.as_ref().is_some_and(|upn| upn.ends_with(".local"))),
        "no routable suffix"
    );
    let (first, second) = (&people[stories::CONFLICT_USER as usize], &people[stories::CONFLICT_OWNER as usize]);
    assert_eq!(first.display_name, second.display_name);
    assert_ne!(first.upn, second.upn);
}

#[test]
fn members_exist_and_are_counted_as_they_are_listed() {
    for users in [40, 120, 1_000] {
        let world = world(users);
        for index in 0..world.group_count() {
            let group = world.group(index);
            let members: Vec<Member> = group.members().collect();
            assert_eq!(members.len() as u64, group.member_count(), "group {index}");
            assert_eq!(members.iter().collect::<HashSet<_>>().len(), members.len(), "group {index}");
            let exists = |member: &Member| match *member {
                Member::User(n) => n < world.user_count(),
                Member::Group(n) => n < world.group_count() && n != index,
                Member::Device(n) => n < world.device_count(),
                Member::ServicePrincipal(n) => n < world.service_principal_count(),
            };
            assert!(members.iter().all(exists), "group {index}");
        }
        assert_eq!(world.count("group-members"), Some(world.group_member_count()));
    }
}

#[test]
fn rules_say_who_the_members_are() {
    let world = world(400);
    for (index, department) in (2..10).zip(DEPARTMENTS) {
        let listed: HashSet<Member> = world.group(index).members().collect();
        let meant = (0..400).filter(|user| world.user(*user).department == department.0).map(Member::User);
        assert_eq!(listed, meant.collect(), "department group {index}");
    }
    let guests: HashSet<Member> = world.group(10).members().collect();
    assert_eq!(guests, (0..400).filter(|user| world.user(*user).is_guest).map(Member::User).collect());
    assert!(
        world.group(16).members().all(|member| matches!(member, Member::Device(n) if world.device(n).os == "Windows"))
    );
}

#[test]
fn devices_have_names_of_their_own_and_owners_who_work_here() {
    let world = world(20_000);
    let mut names = HashSet::new();
    for index in 0..world.device_count() {
        let device = world.device(index);
        assert!(!world.user(device.owner).is_guest, "owner of device {index}");
        let is_named_by_it = matches!(device.os, "Windows" | "MacMDM");
        assert!(!is_named_by_it || names.insert(device.display_name.clone()), "name of device {index}");
        assert!(!is_named_by_it || device.display_name.len() <= 15, "NetBIOS name of device {index}");
    }
    assert!(!names.contains(&world.lost_device().display_name));
}

#[test]
fn managers_are_people_who_work_here() {
    let world = world(2_000);
    for index in 0..2_000 {
        if let Some(manager) = world.user(index).manager {
            let manager = world.user(manager);
            assert!(manager.index != index && manager.given_name.is_some() && !manager.is_guest, "manager of {index}");
        }
    }
}

#[test]
fn no_kept_name_holds_an_identifier_that_must_go() {
    use crate::catalog::Kind;
    let (mut kept, mut gone) = (Vec::new(), HashSet::new());
    world(400).identifiers(&mut |kind, value, fate| match (fate, kind) {
        (Kept::Kept, Kind::GroupName | Kind::AppName | Kind::ConfigName) => kept.push(value.to_lowercase()),
        (Kept::Kept, _) => {}
        (Kept::Replaced | Kept::Unasked, _) => drop(gone.insert(value.to_lowercase())),
    });
    assert!(gone.len() > 5_000 && kept.len() > 90);
    for name in &kept {
        assert!(!gone.iter().any(|value| name.contains(value.as_str())), "a kept name holds an identifier");
    }
}
