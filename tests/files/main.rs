//! What saving, logging and reading do with the files that are there.

mod checkpoints;
mod formats;
#[cfg(target_os = "linux")]
mod full_disk;
mod places;
#[cfg(unix)]
mod saving;
mod tables;

#[cfg(unix)]
use std::io;
use std::path::PathBuf;
#[cfg(unix)]
use std::process::{Command, ExitStatus};
#[cfg(target_os = "linux")]
use std::sync::RwLockReadGuard;
#[cfg(unix)]
use std::sync::{PoisonError, RwLock};

use kseq::prelude::*;

sequential! {
    Net = [Dense(3, input_shape = (2,))]
}

type Trained = Compiled<Net, SGD, MeanSquaredError, ()>;

const X: [[f32; 2]; 8] = [[0.5, 1.0]; 8];
const Y: [[f32; 3]; 8] = [[1.0, 0.0, 0.0]; 8];

fn net() -> Trained {
    Net::new(1).compile(SGD::default(), MeanSquaredError::default(), ())
}

fn quiet<'a>(epochs: usize) -> Fit<'a, Net, [f32; 3]> {
    Fit::new().epochs(epochs).verbose(0)
}

/// Ends `fit` with an error after this epoch, as if the machine had failed.
struct Fails(usize);

impl<M: Model> Callback<M> for Fails {
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        match epoch == self.0 {
            true => Err(Error::Callback {
                name: "Fails".into(),
                why: "the machine failed".into(),
            }),
            false => Ok(()),
        }
    }
}

/// A process has, from its beginning until its own program runs, all files open that are open here.
#[cfg(unix)]
static BEGINS: RwLock<()> = RwLock::new(());

#[cfg(unix)]
fn run(command: &mut Command) -> io::Result<ExitStatus> {
    let _alone = BEGINS.write().unwrap_or_else(PoisonError::into_inner);
    command.status()
}

/// No process begins while this is there.
#[cfg(target_os = "linux")]
fn nothing_begins() -> RwLockReadGuard<'static, ()> {
    BEGINS.read().unwrap_or_else(PoisonError::into_inner)
}

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kseq-files-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of the files, in order.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let name = |e: Result<std::fs::DirEntry, _>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
