use super::*;
use std::collections::HashSet;

pub(crate) fn world(users: u64) -> World {
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
    }
}
