//! (room under construction)

pub mod canonical;
pub mod cipher;
pub mod key;
pub mod key_folder;
pub mod map;
pub mod reveal;
pub mod reveal_log;
