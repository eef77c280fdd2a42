//! Which files are checkpoints, and which of their arrays are weights.

use crate::file::File;

/// What the file of a checkpoint says of itself.
pub const CHECKPOINT: &str = "kseq checkpoint 2";
/// What it said before there were checksums.
const CHECKPOINT_1: &str = "kseq checkpoint";

/// Whether a file is a checkpoint.
///
/// # Errors
/// It is one that has lost its checksum.
pub fn is_checkpoint(file: &File) -> Result<bool, String> {
    match file.metadata("format") {
        Some(CHECKPOINT) if !file.checked => Err(
            "its checksum is missing: it is damaged, or was changed by another program".to_string(),
        ),
        Some(CHECKPOINT | CHECKPOINT_1) => Ok(true),
        _ => Ok(false),
    }
}

/// Of the names in a file, those that are not of weights: a checkpoint has other arrays, too.
pub fn beside(file: &File) -> impl Fn(&str) -> bool + use<> {
    // A layer's name has no slash.
    let checkpoint = is_checkpoint(file).unwrap_or(false);
    move |name| checkpoint && name.contains('/')
}
