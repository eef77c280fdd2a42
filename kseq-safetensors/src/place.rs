//! What stands at a path that is to be written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;
use crate::why::cannot;

/// What stands at a path, links followed.
pub(crate) enum Place {
    /// Nothing; the file would be here.
    New(PathBuf),
    /// A regular file, here.
    File(PathBuf),
    /// A device for characters, or a pipe that is open already (`/dev/stdout`): it is written as it is.
    Device,
}

/// What cannot be done if one of the looks fails.
const ASK: &str = "ask what is there";
/// The links that are followed, as on Linux.
const MOST_LINKS: usize = 40;

impl Place {
    /// What stands at a path; an error for what cannot be written as a file is: folders, sockets, disks, and
    /// pipes, at which a program would wait for one that reads.
    pub fn of(path: &Path) -> io::Result<Place> {
        if path.file_name().is_none() {
            return Err(invalid("expected the path of a file"));
        }
        let there = match disk::look(path, || fs::metadata(path)) {
            Ok(there) => there.file_type(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Place::New(end(path)?)),
            Err(e) => return Err(cannot(ASK, e)),
        };
        if there.is_file() {
            return disk::look(path, || fs::canonicalize(path))
                .map(Place::File)
                .map_err(|e| cannot(ASK, e));
        }
        let found = match there.is_dir() {
            true => Some("a folder"),
            false => special(path, there),
        };
        match found {
            None => Ok(Place::Device),
            Some(found) => Err(invalid(&format!("expected a regular file, found {found}"))),
        }
    }
}

/// What is neither a file nor a folder; `None` if it can be written as it is.
#[cfg(unix)]
fn special(path: &Path, there: fs::FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    if there.is_char_device() {
        None
    } else if there.is_fifo() {
        // One without a name is open already, and has somebody at its other end.
        fs::canonicalize(path).is_ok().then_some("a pipe")
    } else if there.is_socket() {
        Some("a socket")
    } else {
        Some("a disk")
    }
}

#[cfg(not(unix))]
fn special(_: &Path, _: fs::FileType) -> Option<&'static str> {
    Some("something else")
}

/// Where a file would be made whose path may be that of links that lead to nothing.
fn end(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match disk::look(&path, || fs::symlink_metadata(&path)) {
            Ok(there) if there.is_symlink() => {
                // Relative to the folder of the link.
                let target = disk::look(&path, || fs::read_link(&path));
                let target = target.map_err(|e| cannot(ASK, e))?;
                path = folder(&path).join(target);
            }
            // A file that another program has made meanwhile.
            Ok(_) => return Ok(path),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(path),
            Err(e) => return Err(cannot(ASK, e)),
        }
    }
    Err(invalid("there are too many links, one to the next"))
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

/// The folder that a file is in.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
