use super::*;
use crate::tenant::world::{Settings, World, stories};

pub(super) fn world(users: u64) -> World {
    World::new(Settings { seed: 7, users, now: time::macros::datetime!(2026-09-01 12:00 UTC) })
}

fn all(world: &World, version: Version, path: &str) -> Vec<Value> {
    match list(world, version, path) {
        Some(Documents::Collection { count, item }) => (0..count).map(item).collect(),
        Some(Documents::Singleton(body)) => vec![body],
        _ => Vec::new(),
    }
}

#[test]
fn the_stories_stand_in_the_documents() {
    let world = world(120);
    let users = all(&world, Version::V1, "/users");
    let conflict = &users[stories::CONFLICT_USER as usize]["onPremisesProvisioningErrors"][0];
    assert_eq!(conflict["category"], "PropertyConflict");
    assert!(
        world.user(stories::CONFLICT_OWNER).proxy_addresses.contains(&conflict["value"].as_str().unwrap().to_owned())
    );
}
