//! Pseudonyms: keys, cipher, the map from kinds to pseudonyms, and the way back. Never logs or stores a value.

pub mod canonical;
pub mod cipher;
pub mod key;
pub mod key_folder;
pub mod map;
pub mod reveal;
pub mod reveal_log;
