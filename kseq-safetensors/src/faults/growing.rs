//! Files that grow, with a fault at each call.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::{Fault, Files, Folder, KINDS, after_power_cut, calls, with_fault};
use crate::growing::Growing;

const ROWS: [&[u8]; 3] = [b"epoch,loss\r\n", b"0,0.5\r\n", b"1,0.25\r\n"];

/// Writes the rows, each of them to the disk: how many calls were done then.
fn log(path: &Path) -> io::Result<Vec<usize>> {
    let mut file = Growing::open(path)?;
    let row = |row: &&[u8]| {
        file.add(row)?;
        file.sync()?;
        Ok(calls())
    };
    ROWS.iter().map(row).collect()
}

/// How many rows these bytes are, if they are some.
fn rows(bytes: &[u8]) -> Option<usize> {
    (0..=ROWS.len()).find(|n| ROWS[..*n].concat() == bytes)
}

#[test]
fn a_row_that_cannot_be_added_leaves_nothing_of_it() {
    let calls = {
        let folder = Folder::new("rows");
        with_fault(&folder.0, None, || log(&folder.0.join("log")))
            .1
            .len()
    };
    assert!(calls > 9);
    for call in 0..calls {
        for kind in KINDS {
            let folder = Folder::new("rows");
            let path = folder.0.join("log");
            let fault = Some((call, Fault::Fails(kind)));
            let (logged, done) = with_fault(&folder.0, fault, || log(&path));
            let found = fs::read(&path).unwrap_or_default();
            let found = rows(&found).unwrap_or_else(|| panic!("torn: {done:?}"));
            if kind == ErrorKind::Interrupted {
                logged.unwrap();
            } else if let Err(e) = logged {
                assert!(e.to_string().starts_with("cannot "), "{e}");
                continue;
            }
            assert_eq!(found, ROWS.len(), "{done:?}");
        }
        // The half of a row; and then no room.
        for (fault, is_well) in [(Fault::Short, true), (Fault::Torn, false)] {
            let folder = Folder::new("rows");
            let path = folder.0.join("log");
            let (logged, done) = with_fault(&folder.0, Some((call, fault)), || log(&path));
            let found = rows(&fs::read(&path).unwrap_or_default());
            let found = found.unwrap_or_else(|| panic!("torn: {done:?}"));
            assert!(logged.is_ok() || !is_well);
            assert!(logged.is_err() || found == ROWS.len());
        }
    }
}

#[test]
fn rows_that_were_brought_to_the_disk_are_there_after_a_power_cut() {
    let folder = Folder::new("rows-power");
    let path = folder.0.join("log");
    let (logged, done) = with_fault(&folder.0, None, || log(&path));
    let logged = logged.unwrap();
    for call in 0..=done.len() {
        let synced = logged.iter().filter(|calls| **calls <= call).count();
        for left in after_power_cut(&Files::new(), &done[..call]) {
            let there = ROWS[..synced].concat();
            let found = left.get(&path).cloned().unwrap_or_default();
            assert!(found.starts_with(&there), "{:?}", &done[..call]);
        }
    }
}

#[test]
fn what_is_behind_is_cut_off_with_the_next_row() {
    let folder = Folder::new("rows-keep");
    let path = folder.0.join("log");
    fs::write(&path, "epoch,loss\r\n0,0.5\r\n1,0.1").unwrap();
    let mut file = Growing::open(&path).unwrap();
    file.keep((ROWS[0].len() + ROWS[1].len()) as u64);
    assert_eq!(file.there().unwrap(), 24);
    file.add(ROWS[2]).unwrap();
    assert_eq!(rows(&fs::read(&path).unwrap()), Some(3));
    // One that must be new is not made where a link lies.
    assert!(Growing::create(&path).is_err());
}
