//! Active Directory as LDIF files: the forest, then users in files of a few thousand, groups, computers, contacts.
//!
//! Gives one file at a time, so that a directory of a million users costs the memory of one file.

use super::ldif::Ldif;
use super::{Server, ServerFile, forest};
use crate::limits::SERVER_LDIF_OBJECTS_MAX as STEP;

/// The files.
pub(super) fn files(server: &Server) -> impl Iterator<Item = ServerFile> + '_ {
    let world = server.world;
    let users = pieces(world.user_count(), "users", move |from, to, ldif| {
        (from..to).for_each(|index| server.write_user(index, ldif));
        if from == 0 {
            server.write_others(ldif);
        }
    });
    let groups = pieces(world.group_count(), "groups", move |from, to, ldif| {
        let groups = (from..to).map(|index| world.group(index)).filter(|group| group.kind.is_synced());
        groups.for_each(|group| server.write_group(&group, ldif));
    });
    let computers = pieces(world.device_count(), "computers", move |from, to, ldif| {
        (from..to).for_each(|index| server.write_computer(&world.device(index), ldif));
    });
    let contacts = pieces(world.contact_count(), "contacts", move |from, to, ldif| {
        (from..to).for_each(|index| server.write_contact(index, &world.contact(index), ldif));
    });
    let forest = std::iter::once_with(move || ServerFile::new("ActiveDirectory/forest.ldf", forest::write(server)));
    forest.chain(users).chain(groups).chain(computers).chain(contacts)
}

/// `ActiveDirectory/users.ldf`, and `users-2.ldf` and so on where there are more than one file holds.
fn pieces<'s>(
    count: u64,
    name: &'static str,
    write: impl Fn(u64, u64, &mut Ldif) + 's,
) -> impl Iterator<Item = ServerFile> + 's {
    (0..count.div_ceil(STEP)).map(move |piece| {
        let mut ldif = Ldif::default();
        write(piece * STEP, ((piece + 1) * STEP).min(count), &mut ldif);
        let number = if piece == 0 { String::new() } else { format!("-{}", piece + 1) };
        ServerFile::new(format!("ActiveDirectory/{name}{number}.ldf"), ldif.into_bytes())
    })
}
