//! What tests put between this crate and the disk: it records the calls, lets one of them fail or stops the process before it,
//! and says what a disk can hold when the power went off.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::disk::Call;

mod growing;
mod whole;

/// What happens at a call.
#[derive(Clone, Copy)]
enum Fault {
    Fails(ErrorKind),
    /// A write takes half of its bytes.
    Short,
    /// It does, and then the disk is full.
    Torn,
    /// The process is killed: nothing is done from here on.
    Stops,
    /// Another thread does this before.
    Meanwhile(fn(&Path)),
}

/// Everything that the system says of a write in the long run, and a signal.
const KINDS: [ErrorKind; 7] = [
    ErrorKind::StorageFull,
    ErrorKind::QuotaExceeded,
    ErrorKind::ReadOnlyFilesystem,
    ErrorKind::PermissionDenied,
    ErrorKind::NotFound,
    ErrorKind::Other,
    ErrorKind::Interrupted,
];

/// A call that was done.
#[derive(Clone, Debug)]
enum Done {
    Look,
    Mode,
    Create(PathBuf),
    Write(PathBuf, u64, Bytes),
    Cut(PathBuf, u64),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    MakeFolder(PathBuf),
    SyncFolder(PathBuf),
}

/// Bytes of which messages tell how many there are.
#[derive(Clone)]
struct Bytes(Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Done {
    fn of(call: Call<'_>, most: usize) -> Self {
        let own = Path::to_path_buf;
        match call {
            Call::Look(_) => Done::Look,
            Call::Mode(_) => Done::Mode,
            Call::Create(path) => Done::Create(own(path)),
            Call::Write(path, at, bytes) => {
                let bytes = bytes.get(..most).unwrap_or(bytes);
                Done::Write(own(path), at, Bytes(bytes.to_vec()))
            }
            Call::Cut(path, len) => Done::Cut(own(path), len),
            Call::Sync(path) => Done::Sync(own(path)),
            Call::Rename(from, to) => Done::Rename(own(from), own(to)),
            Call::Remove(path) => Done::Remove(own(path)),
            Call::MakeFolder(path) => Done::MakeFolder(own(path)),
            Call::SyncFolder(path) => Done::SyncFolder(own(path)),
        }
    }
}

/// What is between the calls of this thread and the disk.
struct Layer {
    folder: PathBuf,
    fault: Option<(usize, Fault)>,
    calls: usize,
    stopped: bool,
    done: Vec<Done>,
}

thread_local! {
    static LAYER: RefCell<Option<Layer>> = const { RefCell::new(None) };
}

/// Runs `f` with a fault at a call, counted from 0; with what was done.
fn with_fault<R>(
    folder: &Path,
    fault: Option<(usize, Fault)>,
    f: impl FnOnce() -> R,
) -> (R, Vec<Done>) {
    let layer = Layer {
        folder: folder.to_path_buf(),
        fault,
        calls: 0,
        stopped: false,
        done: Vec::new(),
    };
    LAYER.set(Some(layer));
    let outcome = f();
    let layer = LAYER.take().expect("it was set");
    (outcome, layer.done)
}

/// The calls that this thread has done since `with_fault`.
fn calls() -> usize {
    LAYER.with_borrow(|layer| layer.as_ref().map_or(0, |layer| layer.done.len()))
}

/// How many bytes a write may take, or why the call fails.
pub(crate) fn before(call: Call<'_>) -> io::Result<usize> {
    LAYER.with_borrow_mut(|layer| {
        let Some(layer) = layer else {
            return Ok(usize::MAX);
        };
        let here = layer.fault.filter(|(at, _)| *at == layer.calls);
        layer.calls += 1;
        let mut most = usize::MAX;
        match here.map(|(_, fault)| fault) {
            _ if layer.stopped => return Err(ErrorKind::BrokenPipe.into()),
            None => {}
            // Nothing is there: that would be an answer, and a wrong one.
            Some(Fault::Fails(ErrorKind::NotFound)) if matches!(call, Call::Look(_)) => {}
            Some(Fault::Fails(kind)) => return Err(kind.into()),
            Some(Fault::Stops) => {
                layer.stopped = true;
                return Err(ErrorKind::BrokenPipe.into());
            }
            Some(fault @ (Fault::Short | Fault::Torn)) => {
                if let Fault::Torn = fault {
                    layer.fault = Some((layer.calls, Fault::Fails(ErrorKind::StorageFull)));
                }
                if let Call::Write(_, _, bytes) = call {
                    most = bytes.len().div_ceil(2);
                }
            }
            Some(Fault::Meanwhile(f)) => {
                let folder = &layer.folder;
                std::thread::scope(|scope| scope.spawn(|| f(folder)).join().unwrap());
            }
        }
        layer.done.push(Done::of(call, most));
        Ok(most)
    })
}

/// A folder of its own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let name = format!("kseq-faults-{name}-{process}-{number}");
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        // Without links: the calls are recorded with such paths.
        Folder(std::fs::canonicalize(path).unwrap())
    }

    /// The names in it, in order.
    fn names(&self) -> Vec<String> {
        names(&self.0)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |e: io::Result<std::fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The files on a disk.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What a disk can hold if the power goes off after these calls. Names reach it in their order and with their folder at the
/// latest; the bytes of a file with the file: of those that have not, there can be none, all, some, or zeros. Bytes that have
/// and were not written anew stay.
fn after_power_cut(old: &Files, done: &[Done]) -> BTreeSet<Files> {
    // Of each file the bytes that are on the disk, and those that a program sees.
    let mut files: Vec<[Vec<u8>; 2]> = old.values().map(|b| [b.clone(), b.clone()]).collect();
    let mut on_disk: BTreeMap<PathBuf, usize> = old.keys().cloned().zip(0..).collect();
    let mut seen = on_disk.clone();
    let mut new_folders = BTreeSet::new();
    // Names that may not be on the disk.
    let mut pending: Vec<Naming> = Vec::new();
    for call in done {
        match call {
            Done::Look | Done::Mode => {}
            Done::Create(path) => {
                files.push(Default::default());
                seen.insert(path.clone(), files.len() - 1);
                pending.push((Some((path.clone(), Some(files.len() - 1))), None));
            }
            Done::Write(path, at, bytes) => {
                let file = &mut files[seen[path]][1];
                file.truncate(*at as usize);
                file.extend(&bytes.0);
            }
            Done::Cut(path, len) => files[seen[path]][1].truncate(*len as usize),
            Done::Sync(path) => {
                let [disk, seen] = &mut files[seen[path]];
                disk.clone_from(seen);
            }
            Done::Rename(from, to) => {
                let file = seen.remove(from).unwrap();
                seen.insert(to.clone(), file);
                pending.push((Some((to.clone(), Some(file))), Some(from.clone())));
            }
            Done::Remove(path) => {
                seen.remove(path);
                pending.push((None, Some(path.clone())));
            }
            Done::MakeFolder(path) => {
                new_folders.insert(path.clone());
                pending.push((Some((path.clone(), None)), None));
            }
            Done::SyncFolder(folder) => pending.retain(|name| {
                let path = name.0.as_ref().map(|(path, _)| path).or(name.1.as_ref());
                let here = path.and_then(|path| path.parent()) == Some(folder);
                if here {
                    reach(name, &mut on_disk, &mut new_folders);
                }
                !here
            }),
        }
    }
    let mut all = BTreeSet::new();
    for reached in 0..=pending.len() {
        let (mut names, mut folders) = (on_disk.clone(), new_folders.clone());
        for name in &pending[..reached] {
            reach(name, &mut names, &mut folders);
        }
        names.retain(|path, _| !path.ancestors().any(|folder| folders.contains(folder)));
        for bytes in [
            (|[disk, _]| disk.clone()) as fn(&[Vec<u8>; 2]) -> Vec<u8>,
            |[_, seen]| seen.clone(),
            |[disk, seen]| {
                let stay = common(disk, seen);
                seen[..stay + (seen.len() - stay) / 2].to_vec()
            },
            |[disk, seen]| {
                let mut bytes = seen.clone();
                bytes[common(disk, seen)..].fill(0);
                bytes
            },
        ] {
            let files = names
                .iter()
                .map(|(path, i)| (path.clone(), bytes(&files[*i])));
            all.insert(files.collect());
        }
    }
    all
}

/// How many bytes both begin with.
fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// What gets a name, a file or a folder, and what loses one.
type Naming = (Option<(PathBuf, Option<usize>)>, Option<PathBuf>);

/// A name reaches the disk.
fn reach(
    (new, old): &Naming,
    names: &mut BTreeMap<PathBuf, usize>,
    missing_folders: &mut BTreeSet<PathBuf>,
) {
    if let Some(old) = old {
        names.remove(old);
    }
    match new {
        Some((path, Some(file))) => drop(names.insert(path.clone(), *file)),
        Some((path, None)) => drop(missing_folders.remove(path)),
        None => {}
    }
}
