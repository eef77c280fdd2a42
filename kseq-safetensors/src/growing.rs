//! Files that grow while a program runs.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::disk::{self, Out, look};
use crate::place::{Place, folder};
use crate::why::{cannot, cannot_make_in};

/// A file to which rows or records are added. One that cannot be added leaves nothing of it in the file.
///
/// A device is written as it is: it has no length.
#[derive(Debug)]
pub struct Growing {
    file: File,
    path: PathBuf,
    regular: bool,
    len: u64,
    /// Whether there are bytes that may not be on the disk.
    unsynced: bool,
}

impl Growing {
    /// The file at a path, which is made if there is none. Nothing of what is in it stays, unless [`keep`](Self::keep)
    /// says so, when something is added.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let place = Place::of(path)?;
        let regular = !matches!(place, Place::Device);
        let mut open = OpenOptions::new();
        open.write(true);
        if regular {
            open.create(true).truncate(false).read(true);
        }
        match place {
            Place::New(target) => Growing::made(path, &target, &open),
            Place::File(_) | Place::Device => {
                let file = look(path, || open.open(path));
                let file = file.map_err(|e| cannot("write this file", e))?;
                Ok(Growing::of(file, path, regular))
            }
        }
    }

    /// A file that must not be there: nobody has laid a link for it.
    ///
    /// # Errors
    /// It is there, or cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut open = OpenOptions::new();
        Growing::made(path, path, open.read(true).write(true).create_new(true))
    }

    fn made(path: &Path, target: &Path, open: &OpenOptions) -> io::Result<Self> {
        let folder = folder(target);
        let file = disk::create_new(target, open).map_err(|e| cannot_make_in(folder, e))?;
        disk::sync_folder(folder).map_err(|e| cannot("bring its folder to the disk", e))?;
        Ok(Growing::of(file, path, true))
    }

    fn of(file: File, path: &Path, regular: bool) -> Self {
        Growing {
            file,
            path: path.to_path_buf(),
            regular,
            len: 0,
            unsynced: false,
        }
    }

    /// Whether it is a file, and not a device.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.regular
    }

    /// The bytes that stay when something is added.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether no bytes stay.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first bytes of the file that are to stay.
    pub fn keep(&mut self, len: u64) {
        self.len = len;
    }

    /// The bytes that are in the file.
    ///
    /// # Errors
    /// The system cannot say.
    pub fn there(&self) -> io::Result<u64> {
        let there = look(&self.path, || self.file.metadata());
        there.map(|there| there.len())
    }

    /// The file, to be read from a position.
    ///
    /// # Errors
    /// The system refuses.
    pub fn from(&self, position: u64) -> io::Result<&File> {
        (&self.file).seek(SeekFrom::Start(position))?;
        Ok(&self.file)
    }

    /// Adds bytes behind those that stay.
    ///
    /// # Errors
    /// They cannot all be written; then the file ends as it did.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let added = self.write(bytes);
        match added {
            Ok(()) => self.len += bytes.len() as u64,
            // The first error is the one to tell.
            Err(_) if self.regular => drop(disk::cut(&self.file, &self.path, self.len)),
            Err(_) => {}
        }
        added.map_err(|e| cannot("write all of it", e))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = Out {
            file: &self.file,
            path: &self.path,
            at: self.len,
        };
        if self.regular {
            self.unsynced = true;
            disk::cut(&self.file, &self.path, self.len)?;
            self.from(self.len)?;
        }
        out.write_all(bytes)
    }

    /// Brings what was added to the disk.
    ///
    /// # Errors
    /// The disk fails.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            let synced = disk::sync(&self.file, &self.path);
            synced.map_err(|e| cannot("bring it to the disk", e))?;
            self.unsynced = false;
        }
        Ok(())
    }
}
