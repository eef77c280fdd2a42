//! Zip archives.

use std::io::Write;

use rawzip::{CompressionMethod, ZipArchiveWriter};

/// An archive of members that are stored as they are, as Keras and NumPy do. It does not depend on when it is written.
pub(super) fn zip(members: &[(&str, &[u8])]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    let text = |e: &dyn std::fmt::Display| e.to_string();
    for (name, content) in members {
        let file = archive.new_file(*name);
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
