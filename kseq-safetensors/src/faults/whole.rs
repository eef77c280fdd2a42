//! Files that are written whole, with a fault at each call.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Done, Fault, Files, Folder, KINDS, after_power_cut, names, with_fault};
use crate::atomic::{
    forget_that_it_is_tidied, make_folder_of, probe_file, probe_folder, write_all, write_whole,
};

const OLD: &[u8] = b"the last good checkpoint";

/// More than one call writes it.
fn new_bytes() -> Vec<u8> {
    (0..90_000u32).map(|i| (i % 251) as u8).collect()
}

/// Writes it in pieces, as a checkpoint is written.
fn save(path: &Path) -> std::io::Result<()> {
    write_whole(path, &mut |out| {
        new_bytes()
            .chunks(70_000)
            .try_for_each(|some| out.write_all(some))
    })
}

/// What stands at the path `w` of a folder.
#[derive(Clone, Copy, Debug)]
enum There {
    Nothing,
    File,
    #[cfg(unix)]
    Link,
    #[cfg(unix)]
    LinkToNothing,
}

const THERE: &[There] = &[
    There::Nothing,
    There::File,
    #[cfg(unix)]
    There::Link,
    #[cfg(unix)]
    There::LinkToNothing,
];

impl There {
    fn is_link(self) -> bool {
        !matches!(self, There::Nothing | There::File)
    }

    /// Makes it: the file that is written, and what is in it.
    fn make(self, folder: &Folder) -> (PathBuf, Option<&'static [u8]>) {
        let mut target = folder.0.join("w");
        if self.is_link() {
            fs::create_dir(folder.0.join("deep")).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink("deep/target", &target).unwrap();
            target = folder.0.join("deep/target");
        }
        let old = match self {
            There::Nothing => None,
            There::File => Some(OLD),
            #[cfg(unix)]
            There::Link => Some(OLD),
            #[cfg(unix)]
            There::LinkToNothing => None,
        };
        if let Some(old) = old {
            fs::write(&target, old).unwrap();
        }
        (target, old)
    }
}

/// What is done for one save, of each thing that can be there.
fn calls(there: There) -> Vec<Done> {
    let folder = Folder::new("calls");
    there.make(&folder);
    let (written, done) = with_fault(&folder.0, None, || save(&folder.0.join("w")));
    written.unwrap();
    done
}

/// What is wrong with a folder in which a write has ended so, if something is.
fn check(
    folder: &Folder,
    target: &Path,
    old: Option<&[u8]>,
    written: &std::io::Result<()>,
    may_be_left: bool,
) -> Result<(), String> {
    let found = fs::read(target).ok();
    let is_new = found.as_deref() == Some(&new_bytes()[..]);
    if !is_new && found.as_deref() != old {
        return Err(format!("found {} bytes", found.unwrap_or_default().len()));
    }
    if written.is_ok() && !is_new {
        return Err("it was not written".to_owned());
    }
    let mut left = folder.names();
    left.extend(names(target.parent().unwrap()));
    match left.iter().find(|name| name.starts_with(".kseq-")) {
        Some(left) if !may_be_left => Err(format!("{left} is left")),
        _ => Ok(()),
    }
}

#[test]
fn a_call_that_fails_leaves_the_old_file_or_the_new_one_and_no_other() {
    let mut refused = 0;
    for &there in THERE {
        for call in 0..calls(there).len() {
            for kind in KINDS {
                let folder = Folder::new("fails");
                let (target, old) = there.make(&folder);
                let path = folder.0.join("w");
                let fault = Some((call, Fault::Fails(kind)));
                let (written, done) = with_fault(&folder.0, fault, || save(&path));
                let at = format!("{there:?}, {kind:?} after {done:?}");
                let checked = check(&folder, &target, old, &written, false);
                checked.unwrap_or_else(|why| panic!("{at}: {why}"));
                match written {
                    Ok(()) => {}
                    Err(e) if kind == ErrorKind::Interrupted => panic!("{at}: {e}"),
                    Err(e) => {
                        assert!(e.to_string().starts_with("cannot "), "{at}: {e}");
                        refused += 1;
                    }
                }
                assert_eq!(
                    fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink()),
                    there.is_link()
                );
            }
        }
    }
    assert!(refused > 200, "{refused}");
}

#[test]
fn a_write_may_be_short() {
    for &there in THERE {
        for call in 0..calls(there).len() {
            let folder = Folder::new("torn");
            let (target, old) = there.make(&folder);
            let fault = Some((call, Fault::Torn));
            let (written, _) = with_fault(&folder.0, fault, || save(&folder.0.join("w")));
            check(&folder, &target, old, &written, false).unwrap();
            let folder = Folder::new("short");
            let (target, old) = there.make(&folder);
            let fault = Some((call, Fault::Short));
            let (written, _) = with_fault(&folder.0, fault, || save(&folder.0.join("w")));
            check(&folder, &target, old, &written, false).unwrap();
            written.unwrap();
        }
    }
}

#[test]
fn a_process_that_is_killed_between_two_calls_leaves_the_old_file_or_the_new_one() {
    for &there in THERE {
        for call in 0..=calls(there).len() {
            let folder = Folder::new("killed");
            let (target, old) = there.make(&folder);
            let path = folder.0.join("w");
            let (written, done) = with_fault(&folder.0, Some((call, Fault::Stops)), || save(&path));
            let checked = check(&folder, &target, old, &written, true);
            checked.unwrap_or_else(|why| panic!("{there:?}, killed after {done:?}: {why}"));
            // The next process writes there and removes what is left.
            forget_that_it_is_tidied(target.parent().unwrap());
            let written = save(&path);
            check(&folder, &target, old, &written, false).unwrap();
            written.unwrap();
        }
    }
}

/// What is promised once it is written, and meanwhile.
#[test]
fn a_power_cut_between_two_calls_leaves_the_old_file_or_the_new_one() {
    for &there in THERE {
        let folder = Folder::new("power");
        let (target, old) = there.make(&folder);
        let files: Files = old
            .iter()
            .map(|old| (target.clone(), old.to_vec()))
            .collect();
        let (written, done) = with_fault(&folder.0, None, || save(&folder.0.join("w")));
        written.unwrap();
        for call in 0..=done.len() {
            for left in after_power_cut(&files, &done[..call]) {
                let found = left.get(&target).map(Vec::as_slice);
                let at = || format!("{there:?}: {:?}", &done[..call]);
                assert!(found == old || found == Some(&new_bytes()), "{}", at());
                assert!(call < done.len() || found == Some(&new_bytes()), "{}", at());
            }
        }
    }
}

#[test]
fn folders_that_are_made_are_on_the_disk_before_what_is_in_them() {
    let folder = Folder::new("folders");
    let path = folder.0.join("a/b/w");
    let (written, done) = with_fault(&folder.0, None, || {
        make_folder_of(&path)?;
        save(&path)
    });
    written.unwrap();
    for left in after_power_cut(&Files::new(), &done) {
        assert_eq!(left.get(&path), Some(&new_bytes()));
    }
    // One that cannot be made.
    for call in 0..done.len() {
        let _ = fs::remove_dir_all(folder.0.join("a"));
        let fault = Some((call, Fault::Fails(ErrorKind::StorageFull)));
        let (made, _) = with_fault(&folder.0, fault, || make_folder_of(&path));
        assert!(made.is_ok() || !path.parent().unwrap().is_dir() || call > 3);
    }
}

/// The test of a path that is written later leaves nothing.
#[test]
fn a_probe_leaves_nothing() {
    for call in 0..8 {
        for kind in KINDS {
            let folder = Folder::new("probe");
            let fault = Some((call, Fault::Fails(kind)));
            let (_, done) = with_fault(&folder.0, fault, || {
                let _ = probe_folder(&folder.0);
                probe_file(&folder.0.join("w"))
            });
            // Unless it cannot be removed.
            let removed = |c: &&Done| matches!(c, Done::Remove(_));
            let made = |c: &&Done| matches!(c, Done::Create(_));
            let (made, removed) = (done.iter().filter(made), done.iter().filter(removed));
            assert_eq!(
                folder.names().len(),
                made.count() - removed.count(),
                "{done:?}"
            );
        }
    }
}

/// Another one writes the same path between any two calls.
#[test]
fn of_two_that_write_one_path_one_has_written_it() {
    for &there in THERE {
        for call in 0..calls(there).len() {
            let folder = Folder::new("two");
            let (target, _) = there.make(&folder);
            let other = |folder: &Path| {
                write_whole(&folder.join("w"), &mut |out| out.write_all(b"other")).unwrap();
            };
            let fault = Some((call, Fault::Meanwhile(other)));
            let (written, done) = with_fault(&folder.0, fault, || save(&folder.0.join("w")));
            written.unwrap_or_else(|e| panic!("{done:?}: {e}"));
            let found = fs::read(&target).unwrap();
            let renamed = done.iter().any(|c| matches!(c, Done::Rename(..)));
            assert!(
                renamed && (found == new_bytes() || found == b"other"),
                "{done:?}"
            );
            let left = names(target.parent().unwrap());
            assert!(!left.iter().any(|name| name.ends_with(".tmp")));
        }
    }
}

#[test]
fn of_several_files_none_has_changed_if_one_cannot_be_written() {
    let bytes = new_bytes();
    let all = |folder: &Folder| ["a", "b", "c"].map(|name| folder.0.join(name));
    let write = |folder: &Folder, fault| {
        let paths = all(folder);
        paths.iter().for_each(|path| fs::write(path, OLD).unwrap());
        let files = [0, 1, 2].map(|i| (&*paths[i], &bytes[..]));
        let (written, done) = with_fault(&folder.0, fault, || {
            write_all(&files).map_err(|(path, e)| (path.to_path_buf(), e))
        });
        (written, done, paths)
    };
    let calls = write(&Folder::new("several"), None).1.len();
    for call in 0..calls {
        let folder = Folder::new("several");
        let fault = Some((call, Fault::Fails(ErrorKind::StorageFull)));
        let (written, done, paths) = write(&folder, fault);
        let (path, _) = written.unwrap_err();
        assert!(paths.contains(&path), "{done:?}");
        let found = paths.map(|path| fs::read(path).unwrap());
        let renamed = done
            .iter()
            .filter(|c| matches!(c, Done::Rename(..)))
            .count();
        assert_eq!(found.iter().filter(|f| **f == bytes).count(), renamed);
        assert_eq!(found.iter().filter(|f| *f == OLD).count(), 3 - renamed);
        assert_eq!(folder.names(), ["a", "b", "c"], "{done:?}");
    }
}
