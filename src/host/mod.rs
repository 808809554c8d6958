//! What Windows servers know: Entra Connect, agents, AD FS, device registration.
//!
//! Whatever way it comes (a folder that was copied off a server, the server itself, the embedded tenant), it is a list of
//! files: a name and bytes. Takes stretches of them, says which item of the catalogue a file is ([`recognise`]) and gives
//! the records in it ([`reading`]). On a server it gathers what the items name ([`live`]). Never writes, never changes
//! the server: no cmdlet but `Get-…`, no service restarted. Sources: the rows of `catalog/host.toml`.

pub mod live;
pub mod reading;
mod recognise;

pub use recognise::{Recognised, recognise};
