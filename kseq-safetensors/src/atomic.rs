//! Files that are there whole or not at all.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::disk::{self, Out, look};
use crate::place::{Place, folder};
use crate::why::{cannot, cannot_make_in};

/// How the name of a file under way begins and ends; between are [`DIGITS`].
const BEGIN: &str = ".kseq-";
const END: &str = ".tmp";
/// The digits of a name, in hexadecimal.
const DIGITS: usize = 16;

/// Writes a file by `f`. Whenever the process or the machine stops, the path has what it had before or
/// all of the new content: it goes to a temporary file in the same folder, is brought to the disk, and
/// takes the path's place in one step. The same if it fails.
///
/// As if the file were opened and written: a link stays, and what it leads to is written; a file keeps its
/// mode, and its owner where that is allowed; one that must not be written is an error. A device is
/// written as it is, since nothing can take its place.
///
/// # Errors
/// What could not be done, and what to do; the path is for the caller to name.
pub fn write_whole(
    path: &Path,
    f: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    Written::new(path, f)?.put()
}

/// Writes several files, each as [`write_whole`]: if one cannot be written, none has changed. (Only a machine that stops
/// while they take their places leaves some new and some old.)
///
/// # Errors
/// With the path that could not be written.
pub fn write_all<'p>(files: &[(&'p Path, &[u8])]) -> Result<(), (&'p Path, io::Error)> {
    let write = |(path, bytes): &(&'p Path, &[u8])| {
        let written = Written::new(path, &mut |out| out.write_all(bytes));
        Ok((*path, written.map_err(|e| (*path, e))?))
    };
    let written: Vec<_> = files.iter().map(write).collect::<Result<_, _>>()?;
    let mut all = written.into_iter();
    all.try_for_each(|(path, written)| written.put().map_err(|e| (path, e)))
}

/// What was written and has not taken its place yet; a device has it already.
struct Written(Option<(Temporary, PathBuf)>);

impl Written {
    fn new(path: &Path, f: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<Self> {
        let (target, old) = match Place::of(path)? {
            Place::Device => {
                let device = look(path, || OpenOptions::new().write(true).open(path))?;
                through(&device, path, f)?;
                return Ok(Written(None));
            }
            Place::New(target) => (target, None),
            Place::File(target) => {
                let old = may_be_written(&target)?;
                (target, Some(old))
            }
        };
        let folder = folder(&target);
        tidy(folder);
        let temporary = Temporary::new(folder, old.is_some())?;
        let (file, path) = (&temporary.file, &temporary.path);
        through(file, path, f).map_err(|e| cannot("write all of it", e))?;
        if let Some(old) = old {
            keep_owner(file, &old);
            disk::set_mode(file, path, old.permissions())
                .map_err(|e| cannot("give it the mode of the file that was there", e))?;
        }
        disk::sync(file, path).map_err(|e| cannot("bring it to the disk", e))?;
        Ok(Written(Some((temporary, target))))
    }

    /// Takes its place.
    fn put(self) -> io::Result<()> {
        let Some((mut temporary, target)) = self.0 else {
            return Ok(());
        };
        disk::rename(&temporary.path, &target).map_err(|e| cannot("put it in its place", e))?;
        temporary.renamed = true;
        // The folder has the new name only when it is on the disk itself.
        disk::sync_folder(folder(&target)).map_err(|e| cannot("bring its folder to the disk", e))
    }
}

/// Writes by `f`, in large pieces.
fn through(
    file: &File,
    path: &Path,
    f: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, Out { file, path, at: 0 });
    let written = f(&mut out).and_then(|()| out.flush());
    // What is left in memory is not tried once more when it is dropped.
    let _ = out.into_parts();
    written
}

/// What is there, if it may be written: to rename a file over another asks only the folder.
fn may_be_written(target: &Path) -> io::Result<fs::Metadata> {
    look(target, || {
        OpenOptions::new().write(true).open(target)?.metadata()
    })
    .map_err(|e| cannot("write this file", e))
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
            match disk::create_new(&path, &open) {
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
                Err(e) => return Err(cannot_make_in(folder, e)),
            }
        }
        outcome
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // The first error is the one to tell.
            let _ = disk::remove(&self.path);
        }
    }
}

/// Whether a file has the name of one under way.
fn under_way(name: &str) -> bool {
    let digits = name.strip_prefix(BEGIN).and_then(|n| n.strip_suffix(END));
    digits.is_some_and(|d| d.len() == DIGITS && d.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The folders that this process has tidied.
static TIDIED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// As in another process: this folder is not tidied yet.
#[cfg(test)]
pub(crate) fn forget_that_it_is_tidied(folder: &Path) {
    TIDIED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(folder);
}

/// Removes what processes that were killed have left in a folder; once in the life of this process, since to read a folder
/// of many files takes longer than to save. What cannot be removed stays: it is in nobody's way.
fn tidy(folder: &Path) {
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
                let _ = disk::remove(&entry.path());
            }
        }
    }
}

/// Makes a folder with all above it, if there is none, and brings the new ones to the disk.
///
/// # Errors
/// One of them cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || look(path, || fs::metadata(path)).is_ok_and(|m| m.is_dir()) {
        return Ok(());
    }
    let above = folder(path);
    if above != Path::new(".") {
        make_folder(above)?;
    }
    match disk::make_folder(path) {
        // Another process was faster.
        Err(_) if path.is_dir() => {}
        made => {
            let what = format!("make the folder `{}`", path.display());
            made.map_err(|e| cannot(&what, e))?;
        }
    }
    disk::sync_folder(above).map_err(|e| cannot("bring its folder to the disk", e))
}

/// Makes the folder of a file, if there is none.
///
/// # Errors
/// As [`make_folder`].
pub fn make_folder_of(path: &Path) -> io::Result<()> {
    make_folder(folder(path))
}

/// Whether files can be made in a folder, which is made: asked before a training that writes there at its end.
///
/// # Errors
/// They cannot.
pub fn probe_folder(path: &Path) -> io::Result<()> {
    make_folder(path)?;
    Temporary::new(path, false).map(drop)
}

/// Whether a file can be written: the same for its path.
///
/// # Errors
/// It cannot.
pub fn probe_file(path: &Path) -> io::Result<()> {
    make_folder_of(path)?;
    match Place::of(path)? {
        Place::Device => Ok(()),
        Place::New(target) => Temporary::new(folder(&target), false).map(drop),
        Place::File(target) => {
            may_be_written(&target)?;
            Temporary::new(folder(&target), false).map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_content_and_no_other_file() {
        let folder = std::env::temp_dir().join(format!("kseq-atomic-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("file");
        write_whole(&path, &mut |out| out.write_all(b"old")).unwrap();
        let failed = write_whole(&path, &mut |out| {
            out.write_all(b"new")?;
            Err(io::ErrorKind::Other.into())
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        // One that panics, too.
        let panics = || write_whole(&path, &mut |_| panic!("in the middle"));
        std::panic::catch_unwind(panics).unwrap_err();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        write_whole(&path, &mut |out| out.write_all(b"newer")).unwrap();
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
