//! What stands at a path to which a model is saved.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use kseq::callbacks::{BackupAndRestore, ModelCheckpoint};
use kseq::prelude::*;

use super::{Folder, Net, X, Y, net, quiet, run};

/// Whether a model with these weights is in a file.
fn holds(path: &std::path::Path) -> bool {
    let mut read = Net::new(9);
    read.load_weights(path).is_ok() && read.get_weights() == Net::new(1).get_weights()
}

#[test]
fn a_link_stays_and_its_target_is_written() {
    let folder = Folder::new("link");
    fs::create_dir(folder.path("deep")).unwrap();
    fs::write(folder.path("deep/target"), "old").unwrap();
    symlink("deep/target", folder.path("link")).unwrap();
    symlink("link", folder.path("link_of_a_link")).unwrap();
    symlink("deep/new", folder.path("dangling")).unwrap();
    for (link, target) in [
        ("link", "deep/target"),
        ("link_of_a_link", "deep/target"),
        ("dangling", "deep/new"),
    ] {
        let _ = fs::write(folder.path(target), "old");
        if link == "dangling" {
            fs::remove_file(folder.path(target)).unwrap();
        }
        Net::new(1).save_weights(folder.path(link)).unwrap();
        assert!(folder.path(link).is_symlink(), "{link}");
        assert!(holds(&folder.path(target)), "{link}");
    }
    assert_eq!(fs::read_dir(folder.path("deep")).unwrap().count(), 2);
    // A folder by a link: what is in it is written, and nothing takes the link's place.
    symlink("deep", folder.path("by_a_link")).unwrap();
    Net::new(1)
        .save_weights(folder.path("by_a_link/w"))
        .unwrap();
    assert!(holds(&folder.path("deep/w")));
    let error = Net::new(1).save_weights(folder.path("by_a_link"));
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("expected a regular file, found a folder"),
        "{error}"
    );
    assert!(folder.path("by_a_link").is_symlink());
    // A link into a folder that is not there: the message names that folder.
    symlink("none/w", folder.path("into_nothing")).unwrap();
    let error = Net::new(1).save_weights(folder.path("into_nothing"));
    let error = error.unwrap_err().to_string();
    let none = folder.path("none").display().to_string();
    assert!(
        error.contains(&format!("there is no folder `{none}`")),
        "{error}"
    );
    // A circle of links is an error, not a file.
    symlink("b", folder.path("a")).unwrap();
    symlink("a", folder.path("b")).unwrap();
    Net::new(1).save_weights(folder.path("a")).unwrap_err();
    assert!(folder.path("a").is_symlink());
}

#[test]
fn modes_and_owners_are_kept() {
    let folder = Folder::new("mode");
    let path = folder.path("private");
    for mode in [0o600, 0o640, 0o666, 0o755] {
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        // As root, the owner too.
        let owner = std::os::unix::fs::chown(&path, Some(12345), Some(54321)).is_ok();
        let before = fs::metadata(&path).unwrap();
        Net::new(1).save_weights(&path).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(after.mode() & 0o7777, mode);
        assert!(!owner || (after.uid(), after.gid()) == (before.uid(), before.gid()));
        assert!(holds(&path));
        fs::remove_file(&path).unwrap();
    }
    // A new file has the mode of any new file.
    fs::write(folder.path("any"), "").unwrap();
    Net::new(1).save_weights(folder.path("new")).unwrap();
    let mode = |name| fs::metadata(folder.path(name)).unwrap().mode();
    assert_eq!(mode("new"), mode("any"));
}

#[test]
fn what_is_no_file_stays_what_it_is() {
    let folder = Folder::new("fifo");
    let fifo = folder.path("fifo");
    let made = run(Command::new("mkfifo").arg(&fifo));
    assert!(made.is_ok_and(|made| made.success()));
    let error = Net::new(1).save_weights(&fifo).unwrap_err().to_string();
    assert!(
        error.contains("fifo: expected a regular file, found a pipe"),
        "{error}"
    );
    assert!(fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo());
    fs::create_dir(folder.path("folder")).unwrap();
    let error = Net::new(1)
        .save_weights(folder.path("folder"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("folder: expected a regular file, found a folder"),
        "{error}"
    );
    let socket = folder.path("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let error = Net::new(1).save_weights(&socket).unwrap_err().to_string();
    assert!(error.contains("found a socket"), "{error}");
    // A device is written through. Not the real one: as root, the fault would replace it.
    let device = folder.path("null");
    let mut mknod = Command::new("mknod");
    let made = run(mknod.arg(&device).args(["c", "1", "3"]));
    if made.is_ok_and(|made| made.success()) && fs::write(&device, "x").is_ok() {
        Net::new(1).save_weights(&device).unwrap();
        net().save(&device).unwrap();
        let mut save = ModelCheckpoint::new(&device);
        net().fit(&X, &Y, quiet(2).callbacks([&mut save])).unwrap();
        assert!(
            fs::symlink_metadata(&device)
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }
}

#[test]
fn a_link_at_a_temporary_name_leads_nowhere() {
    let folder = Folder::new("victim");
    fs::write(folder.path("victim"), "precious").unwrap();
    for n in 0..99 {
        let name = format!(".w.{}-{n}.tmp", std::process::id());
        symlink(folder.path("victim"), folder.path(&name)).unwrap();
    }
    Net::new(1).save_weights(folder.path("w")).unwrap();
    assert_eq!(fs::read(folder.path("victim")).unwrap(), b"precious");
    assert!(!folder.path("w").is_symlink() && holds(&folder.path("w")));
}

#[test]
fn names_as_long_as_a_file_system_takes() {
    let folder = Folder::new("long");
    for length in [200, 245, 255] {
        let path = folder.path(&"n".repeat(length));
        Net::new(1).save_weights(&path).unwrap();
        net().save(&path).unwrap();
        assert!(holds(&path));
    }
    assert_eq!(folder.files().len(), 3);
    Net::new(1)
        .save_weights(folder.path(&"n".repeat(256)))
        .unwrap_err();
    assert_eq!(folder.files().len(), 3);
}

#[test]
fn a_read_only_file_is_refused_as_any_program_would_be() {
    let folder = Folder::new("read-only");
    let path = folder.path("kept");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    // Root may write it.
    let may = fs::File::options().write(true).open(&path).is_ok();
    assert_eq!(Net::new(1).save_weights(&path).is_ok(), may);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o444);
}

#[test]
fn what_killed_processes_left_is_removed() {
    let folder = Folder::new("left");
    // What a process leaves that is killed while it saves.
    for n in 0..5 {
        fs::write(folder.path(&format!(".kseq-{n:016x}.tmp")), "half").unwrap();
    }
    fs::write(folder.path(".kseq-of-the-user.tmp"), "kept").unwrap();
    // One that is being written by another process is locked.
    let busy = fs::File::create(folder.path(".kseq-00000000000000ff.tmp")).unwrap();
    busy.lock().unwrap();
    let mut backup = BackupAndRestore::new(&folder.0).delete_checkpoint(false);
    net()
        .fit(&X, &Y, quiet(1).callbacks([&mut backup]))
        .unwrap();
    assert_eq!(
        folder.files(),
        [
            ".kseq-00000000000000ff.tmp",
            ".kseq-of-the-user.tmp",
            "latest.safetensors"
        ]
    );
}

/// A folder is not read with every save: it may have very many files.
#[test]
fn a_folder_is_tidied_once() {
    let folder = Folder::new("once");
    let left = |n: u32| folder.path(&format!(".kseq-{n:016x}.tmp"));
    fs::write(left(1), "half").unwrap();
    Net::new(1).save_weights(folder.path("w")).unwrap();
    assert_eq!(folder.files(), ["w"]);
    fs::write(left(2), "half").unwrap();
    // Whichever way it is named.
    let again = folder.path("inner/../w");
    fs::create_dir(folder.path("inner")).unwrap();
    Net::new(1).save_weights(again).unwrap();
    assert!(left(2).exists());
}

#[test]
fn threads_that_save_to_one_path_leave_one_whole_file() {
    let folder = Folder::new("threads");
    let path = folder.path("w");
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..25 {
                    Net::new(1).save_weights(&path).unwrap();
                }
            });
        }
    });
    assert!(holds(&path));
    assert_eq!(folder.files(), ["w"]);
}
