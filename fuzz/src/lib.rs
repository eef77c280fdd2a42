//! What the targets share: memory that is counted, files, archives, a model and its training.

pub mod archive;
pub mod files;
pub mod keras;
pub mod memory;
pub mod model;
pub mod panics;
pub mod parts;
