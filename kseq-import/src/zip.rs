//! Zip archives: `.keras` and `.npz`.
//!
//! The directory is read by the crate `rawzip`, which needs no other; members are stored or deflated.

use std::io::Read;

use rawzip::{CompressionMethod, ZipArchive};

use crate::limits::Allowance;

/// The first bytes of an archive.
pub(crate) const SIGNATURE: &[u8] = b"PK\x03\x04";

/// As many members as are looked at: Keras writes three and its assets, NumPy one for each array.
const MAX_MEMBERS: usize = 100_000;

/// A member: its name and its bytes.
pub(crate) type Member = (String, Vec<u8>);

/// The members whose names are wanted, in the order of the archive.
pub(crate) fn members(
    archive: &[u8],
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Member>, String> {
    let allowance = Allowance::of(archive.len());
    let damaged = |e: rawzip::Error| format!("a damaged zip archive: {e}");
    let zip = ZipArchive::from_slice(archive).map_err(damaged)?;
    let (mut entries, mut members) = (zip.entries(), Vec::new());
    let mut seen = 0;
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        seen += 1;
        if seen > MAX_MEMBERS {
            return Err(format!("more than {MAX_MEMBERS} members"));
        }
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        if !wanted(&name) {
            continue;
        }
        let refused = |why: String| format!("the member `{name}`: {why}");
        let size = entry.uncompressed_size_hint();
        allowance.take(size).map_err(refused)?;
        let found = zip.get_entry(entry.wayfinder()).map_err(damaged)?;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        // One byte more than promised shows that the promise is false.
        let read = match entry.compression_method() {
            CompressionMethod::STORE => found
                .verifying_reader(found.data())
                .take(size.saturating_add(1))
                .read_to_end(&mut bytes),
            CompressionMethod::DEFLATE => found
                .verifying_reader(flate2::bufread::DeflateDecoder::new(found.data()))
                .take(size.saturating_add(1))
                .read_to_end(&mut bytes),
            other => {
                return Err(refused(format!(
                    "expected stored or deflated, found the compression {other:?}"
                )));
            }
        };
        read.map_err(|e| refused(format!("damaged: {e}")))?;
        if bytes.len() as u64 != size {
            return Err(refused(format!(
                "damaged: {size} bytes were promised, found {}",
                bytes.len()
            )));
        }
        members.push((name, bytes));
    }
    // Of two, Python takes the last and others the first.
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.array_windows().find(|[a, b]| a == b) {
        None => Ok(members),
        Some([twice, _]) => Err(format!(
            "expected the member `{twice}` once, found it twice"
        )),
    }
}
