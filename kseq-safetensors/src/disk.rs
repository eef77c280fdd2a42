//! What is done with files, one call of the system's each: each can fail, and the machine can stop before it. Tests have it so
//! (`faults.rs`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

#[cfg(test)]
use crate::faults::before;

/// A call that changes what is on a disk, or asks for what is there.
#[cfg_attr(not(test), allow(dead_code))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Call<'a> {
    /// Asks what is at a path, or opens it.
    Look(&'a Path),
    /// A new file, empty.
    Create(&'a Path),
    /// Bytes at a position of a file.
    Write(&'a Path, u64, &'a [u8]),
    /// The length of a file.
    Cut(&'a Path, u64),
    /// A file's bytes to the disk.
    Sync(&'a Path),
    /// A file's mode.
    Mode(&'a Path),
    /// A new name, in the place of what had it.
    Rename(&'a Path, &'a Path),
    /// A name is gone.
    Remove(&'a Path),
    /// A new folder.
    MakeFolder(&'a Path),
    /// The names in a folder to the disk.
    SyncFolder(&'a Path),
}

/// How many bytes a write may take.
#[cfg(not(test))]
fn before(_: Call<'_>) -> io::Result<usize> {
    Ok(usize::MAX)
}

/// Does it again if a signal came in between.
fn done<T>(call: Call<'_>, mut f: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match before(call).and_then(|_| f()) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// Asks for what is at a path.
pub(crate) fn look<T>(path: &Path, f: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    done(Call::Look(path), f)
}

/// A file that is not there yet.
pub(crate) fn create_new(path: &Path, open: &OpenOptions) -> io::Result<File> {
    done(Call::Create(path), || open.open(path))
}

pub(crate) fn cut(file: &File, path: &Path, len: u64) -> io::Result<()> {
    done(Call::Cut(path, len), || file.set_len(len))
}

pub(crate) fn sync(file: &File, path: &Path) -> io::Result<()> {
    done(Call::Sync(path), || file.sync_all())
}

pub(crate) fn set_mode(file: &File, path: &Path, mode: fs::Permissions) -> io::Result<()> {
    done(Call::Mode(path), || file.set_permissions(mode.clone()))
}

pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    done(Call::Rename(from, to), || fs::rename(from, to))
}

pub(crate) fn remove(path: &Path) -> io::Result<()> {
    done(Call::Remove(path), || fs::remove_file(path))
}

pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    done(Call::MakeFolder(path), || fs::create_dir(path))
}

/// Brings the names in a folder to the disk, where the system has that.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    let sync = || File::open(folder)?.sync_all();
    #[cfg(not(unix))]
    let sync = || Ok(());
    match done(Call::SyncFolder(folder), sync) {
        // A folder that may be written and not read; a file system that has nothing to bring anywhere.
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

/// A file that is written, from a position.
pub(crate) struct Out<'f> {
    pub file: &'f File,
    pub path: &'f Path,
    pub at: u64,
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = before(Call::Write(self.path, self.at, bytes))?;
        let n = self.file.write(bytes.get(..most).unwrap_or(bytes))?;
        self.at += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
