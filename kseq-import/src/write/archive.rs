//! Zip archives.

use std::io::Write;

use rawzip::path::{EntryPath, ZipFilePath};
use rawzip::{CompressionMethod, ZipArchiveWriter};

/// An archive of members that are stored as they are, as Keras and NumPy do. It does not depend on when it is written.
pub(super) fn zip(members: &[(&str, &[u8])]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    let text = |e: &dyn std::fmt::Display| e.to_string();
    for (name, content) in members {
        let file = archive.new_file(path(name));
        let started = file.compression_method(CompressionMethod::STORE).start();
        let (mut entry, config) = started.map_err(|e| text(&e))?;
        let mut writer = config.wrap(&mut entry);
        writer.write_all(content).map_err(|e| text(&e))?;
        let (_, descriptor) = writer.finish().map_err(|e| text(&e))?;
        entry.finish(descriptor).map_err(|e| text(&e))?;
    }
    archive.finish().map_err(|e| text(&e))?;
    Ok(bytes)
}

/// A member's name as it is. `rawzip` makes it a safe path, of which `a:b`, `a\b` or `a/../b` would be `b`: a name of a layer may be such.
/// What is no such path is written without the mark of UTF-8, which `rawzip` has for safe ones alone.
fn path(name: &str) -> EntryPath<'_> {
    match ZipFilePath::from_str(name).as_str() == name {
        true => EntryPath::conformant(name),
        false => EntryPath::verbatim(name.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::zip;

    #[test]
    fn names_stay_as_they_are() {
        const NAMES: [&str; 8] = [
            "dense.kernel",
            "a:0",
            "c:\\x",
            "a//b",
            "../a",
            "/a/./b",
            "é",
            "é:0",
        ];
        let members: Vec<(&str, &[u8])> = NAMES.iter().map(|name| (*name, &b"x"[..])).collect();
        let written = zip(&members).unwrap();
        let read = crate::zip::members(&written, &|_| true).unwrap();
        let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, NAMES);
    }

    #[test]
    fn a_member_twice_is_not_read() {
        let read = |names: [&str; 2]| {
            let archive = zip(&names.map(|name| (name, &b"bytes"[..]))).unwrap();
            crate::zip::members(&archive, &|name| name != "c").map(|members| members.len())
        };
        assert_eq!(read(["a", "b"]), Ok(2));
        let twice = "expected the member `a` once, found it twice";
        assert_eq!(read(["a", "a"]), Err(twice.to_owned()));
        // What is not wanted is not looked at.
        assert_eq!(read(["c", "c"]), Ok(0));
    }
}
