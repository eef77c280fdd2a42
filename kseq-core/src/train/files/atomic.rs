//! Files that are there whole or not at all.

use core::hash::{BuildHasher, Hasher};
use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::format;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::sync::{Mutex, PoisonError};

use super::error::file_error;
use super::place::{Place, folder};
use crate::error::Error;

/// How the name of a file under way begins and ends; between are [`DIGITS`].
const BEGIN: &str = ".kseq-";
const END: &str = ".tmp";
/// The digits of a name, in hexadecimal.
const DIGITS: usize = 16;

/// Writes a file by `f`. Whenever the process or the machine stops, the path has what it had before or
/// all of the new content: it goes to a temporary file in the same folder, is brought to the disk, and
/// takes the path's place in one step.
///
/// As if the file were opened and written: a link stays, and what it leads to is written; a file keeps its
/// mode, and its owner where that is allowed; one that must not be written is an error. A device is
/// written as it is, since nothing can take its place.
pub(in crate::train) fn write(
    path: &Path,
    f: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let place = Place::of(path)?;
    let (target, old) = match &place {
        Place::Device => return through(&mut OpenOptions::new().write(true).open(path)?, f),
        Place::New(target) => (target, None),
        Place::File(target) => (target, Some(may_be_written(target)?)),
    };
    let folder = folder(target);
    tidy(folder);
    let mut temporary = Temporary::new(folder, old.is_some())?;
    through(&mut temporary.file, f)?;
    if let Some(old) = old {
        keep_owner(&temporary.file, &old);
        temporary.file.set_permissions(old.permissions())?;
    }
    temporary.file.sync_all()?;
    fs::rename(&temporary.path, target)?;
    temporary.renamed = true;
    // The folder has the new name only when it is on the disk itself.
    sync(folder)
}

/// Writes by `f`, in large pieces.
fn through(file: &mut File, f: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    f(&mut out)?;
    out.flush()
}

/// What is there, if it may be written: to rename a file over another asks only the folder.
fn may_be_written(target: &Path) -> io::Result<fs::Metadata> {
    OpenOptions::new().write(true).open(target)?.metadata()
}

/// Gives a new file the owner and the group of the old one, where that is allowed.
fn keep_owner(new: &File, old: &fs::Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let (uid, gid) = (old.uid(), old.gid());
        let same = new
            .metadata()
            .is_ok_and(|m| (m.uid(), m.gid()) == (uid, gid));
        if !same && fchown(new, Some(uid), Some(gid)).is_err() {
            let _ = fchown(new, None, Some(gid));
        }
    }
    #[cfg(not(unix))]
    let _ = (new, old);
}

/// A file under way, which is removed unless it takes the place of another. It is locked as long as its
/// process lives: by that [`tidy`] knows what was left by one that was killed.
struct Temporary {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl Temporary {
    /// A file that was not there: its name cannot be foretold, so that nobody has laid a link there, and it
    /// does not depend on the path, which may be as long as a name can be.
    fn new(folder: &Path, private: bool) -> io::Result<Self> {
        let mut open = OpenOptions::new();
        open.write(true).create_new(true);
        #[cfg(unix)]
        if private {
            // Until it has the mode of the file whose place it takes.
            std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        }
        #[cfg(not(unix))]
        let _ = private;
        let mut outcome = Err(io::ErrorKind::AlreadyExists.into());
        for _ in 0..16 {
            // Keys that the system draws at random.
            let number = RandomState::new().build_hasher().finish();
            let path = folder.join(format!("{BEGIN}{number:0DIGITS$x}{END}"));
            match open.open(&path) {
                Ok(file) => {
                    // A file system without locks: nobody removes what is left there, either.
                    let taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
                    let temporary = Temporary {
                        path,
                        file,
                        renamed: false,
                    };
                    // Another process that tidied up may have been faster than the lock.
                    if !taken && temporary.path.exists() {
                        return Ok(temporary);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => outcome = Err(e),
                Err(e) => return Err(e),
            }
        }
        outcome
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // The first error is the one to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a file has the name of one under way.
fn under_way(name: &str) -> bool {
    let digits = name.strip_prefix(BEGIN).and_then(|n| n.strip_suffix(END));
    digits.is_some_and(|d| d.len() == DIGITS && d.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Removes what processes that were killed have left in a folder; once in the life of this process, since to read a folder
/// of many files takes longer than to save. What cannot be removed stays: it is in nobody's way.
fn tidy(folder: &Path) {
    static TIDIED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    // As a path from the root: the process may go to another folder.
    let Ok(path) = fs::canonicalize(folder) else {
        return;
    };
    if !TIDIED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(path)
    {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let left = entry.file_name().to_str().is_some_and(under_way)
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        if left && let Ok(file) = OpenOptions::new().write(true).open(entry.path()) {
            // Its process holds a lock while it lives.
            if file.try_lock().is_ok() {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Brings the names in a folder to the disk, where the system has that.
pub(in crate::train) fn sync(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // A folder that may be written and not read; a file system that has nothing to bring anywhere.
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
            ) => {}
        outcome => return outcome,
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Makes a folder with all above it, if there is none, and brings the new ones to the disk.
pub(in crate::train) fn make_folder(path: &Path) -> Result<(), Error> {
    let make = || {
        let missing = |p: &&Path| !p.as_os_str().is_empty() && !p.exists();
        let new: std::vec::Vec<&Path> = path.ancestors().take_while(missing).collect();
        fs::create_dir_all(path)?;
        new.iter().rev().try_for_each(|new| sync(folder(new)))
    };
    make().map_err(|e| file_error(path, e.to_string()))
}

/// Makes the folder of a file, if there is none.
pub(in crate::train) fn make_folder_of(path: &Path) -> Result<(), Error> {
    make_folder(folder(path))
}

/// Whether files can be made in a folder, which is made: asked before a training that writes there at its end.
pub(in crate::train) fn probe_folder(path: &Path) -> Result<(), Error> {
    make_folder(path)?;
    let probed = Temporary::new(path, false).map(drop);
    probed.map_err(|e| file_error(path, cannot("make a file in this folder", &e)))
}

/// Whether a file can be written: the same for its path.
pub(in crate::train) fn probe_file(path: &Path) -> Result<(), Error> {
    make_folder_of(path)?;
    let probed = Place::of(path).and_then(|place| match place {
        Place::Device => Ok(()),
        Place::New(target) => Temporary::new(folder(&target), false).map(drop),
        Place::File(target) => {
            may_be_written(&target)?;
            Temporary::new(folder(&target), false).map(drop)
        }
    });
    probed.map_err(|e| file_error(path, cannot("write this file", &e)))
}

fn cannot(what: &str, e: &io::Error) -> String {
    format!("cannot {what}: {e}")
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
        // One that panics, too.
        let panics = || write(&path, &mut |_| panic!("in the middle"));
        std::panic::catch_unwind(panics).unwrap_err();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        write(&path, &mut |out| out.write_all(b"newer")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_names_of_this_module_are_of_files_under_way() {
        assert!(under_way(".kseq-0123456789abcdef.tmp"));
        for other in [
            ".kseq-.tmp",
            ".kseq-0123456789abcdeg.tmp",
            "kseq-0123456789abcdef.tmp",
            ".a.tmp",
        ] {
            assert!(!under_way(other), "{other}");
        }
    }
}
