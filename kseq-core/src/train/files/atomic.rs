//! Files that are there whole or not at all.

use std::format;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::string::ToString;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::error::file_error;
use crate::error::Error;

/// The ending of a file under way; one is left if the process is killed.
pub(in crate::train) const UNDER_WAY: &str = ".tmp";

/// Writes a file by `f`. Whenever the process or the machine stops, the path has what it had before or
/// all of the new content: it goes to a temporary file in the same folder, is brought to the disk, and
/// takes the path's place in one step.
pub(in crate::train) fn write(
    path: &Path,
    f: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    /// So that threads do not write to one file.
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let Some(name) = path.file_name() else {
        let kind = io::ErrorKind::InvalidInput;
        return Err(io::Error::new(kind, "expected the path of a file"));
    };
    let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Relaxed));
    let name = name.to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{process}-{number}{UNDER_WAY}"));
    let outcome = File::create(&temporary).and_then(|file| {
        let mut out = BufWriter::with_capacity(1 << 16, file);
        f(&mut out)?;
        out.into_inner().map_err(io::Error::from)?.sync_all()?;
        fs::rename(&temporary, path)
    });
    if outcome.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return outcome;
    }
    // The folder has the new name only when it is on the disk itself.
    #[cfg(unix)]
    File::open(folder(path))?.sync_all()?;
    Ok(())
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes the folder of a file, if there is none.
pub(in crate::train) fn make_folder_of(path: &Path) -> Result<(), Error> {
    let folder = folder(path);
    fs::create_dir_all(folder).map_err(|e| file_error(folder, e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_content_and_no_other_file() {
        let folder = std::env::temp_dir().join(format!("kseq-atomic-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("file");
        write(&path, &mut |out| out.write_all(b"old")).unwrap();
        let failed = write(&path, &mut |out| {
            out.write_all(b"new")?;
            Err(io::ErrorKind::Other.into())
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        write(&path, &mut |out| out.write_all(b"newer")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
