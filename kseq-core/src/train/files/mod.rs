//! Files: formats, and the errors of files. How they are written so that no crash can leave them half done is in
//! `kseq-safetensors`.

pub(super) mod error;
pub(super) mod events;
pub(super) mod table;
