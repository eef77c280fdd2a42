//! Why a file cannot be written, and what to do.

use std::io::{self, ErrorKind};
use std::path::Path;

/// What cannot be done with a file.
pub(crate) fn cannot(what: &str, e: io::Error) -> io::Error {
    let help = match e.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "make room on that disk, or give a path on another one"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "give a path that this user may write"
        }
        ErrorKind::NotFound => "make the folder first",
        // A broken disk, say: the system's own words.
        _ => return io::Error::new(e.kind(), format!("cannot {what}: {e}")),
    };
    io::Error::new(e.kind(), format!("cannot {what}: {e}\nhelp: {help}"))
}

/// Nothing can be made in a folder.
pub(crate) fn cannot_make_in(folder: &Path, e: io::Error) -> io::Error {
    let folder = folder.display();
    let what = match e.kind() {
        ErrorKind::NotFound => format!("make a file, there is no folder `{folder}`"),
        _ => format!("make a file in the folder `{folder}`"),
    };
    cannot(&what, e)
}
