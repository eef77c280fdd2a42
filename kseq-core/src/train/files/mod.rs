//! Files, whatever is in them: formats, and writing that no crash can leave half done.

pub(super) mod atomic;
pub(super) mod error;
pub(super) mod events;
pub(super) mod place;
pub(super) mod table;
