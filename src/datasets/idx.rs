//! The IDX format of MNIST: `00 00 08 RANK`, the sizes as big-endian u32, the bytes.

use std::format;
use std::io::Read;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::{DatasetError, open, unreadable};

/// The bytes of an IDX file whose samples have this shape; a `.gz` file is unpacked up to a limit.
pub(super) fn read(path: &Path, sample: &[usize], limit: u64) -> Result<Vec<u8>, DatasetError> {
    let (path, file) = open(path, limit)?;
    parse(file, sample).map_err(|why| DatasetError { path, why })
}

fn parse(mut file: impl Read, sample: &[usize]) -> Result<Vec<u8>, String> {
    let damaged = |e: std::io::Error| unreadable(&e);
    let rank = sample.len() + 1;
    let mut magic = [0; 4];
    file.read_exact(&mut magic).map_err(damaged)?;
    let expected = [0, 0, 8, rank as u8];
    if magic != expected {
        return Err(format!(
            "expected an IDX file of bytes with {rank} axes, which begins with {expected:?}, found {magic:?}"
        ));
    }
    let mut sizes = Vec::new();
    for _ in 0..rank {
        let mut size = [0; 4];
        file.read_exact(&mut size).map_err(damaged)?;
        sizes.push(u32::from_be_bytes(size) as usize);
    }
    if sizes.get(1..) != Some(sample) {
        return Err(format!(
            "expected samples of {sample:?}, found {:?}",
            sizes.get(1..).unwrap_or(&[])
        ));
    }
    let expected = sizes
        .iter()
        .try_fold(1usize, |n, &size| n.checked_mul(size));
    let Some(expected) = expected else {
        return Err(format!("sizes {sizes:?} are larger than the address space"));
    };
    // One byte more than promised, to see whether there is a rest; memory grows with what is read.
    let mut bytes = Vec::new();
    file.take((expected as u64).saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(damaged)?;
    match bytes.len() {
        n if n == expected => Ok(bytes),
        n if n < expected => Err(format!(
            "cut short: its header promises {expected} bytes, found {n}"
        )),
        _ => Err(format!(
            "there is more than the {expected} bytes of its header"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn file(header: [u8; 4], sizes: &[u32], bytes: usize) -> Vec<u8> {
        let mut f = header.to_vec();
        for s in sizes {
            f.extend(s.to_be_bytes());
        }
        f.resize(f.len() + bytes, 7);
        f
    }

    #[test]
    fn whole_files_are_read() {
        let f = file([0, 0, 8, 3], &[2, 2, 2], 8);
        assert_eq!(parse(&f[..], &[2, 2]), Ok(vec![7; 8]));
    }

    #[test]
    fn damaged_files_are_refused_with_the_reason() {
        let cases = [
            (file([0, 0, 8, 1], &[8], 8), "3 axes"),
            (file([0, 0, 8, 3], &[2, 3, 2], 12), "found [3, 2]"),
            (
                file([0, 0, 8, 3], &[2, 2, 2], 7),
                "promises 8 bytes, found 7",
            ),
            (file([0, 0, 8, 3], &[2, 2, 2], 9), "more than the 8 bytes"),
            (file([0, 0, 8, 3], &[2], 0), "cut short"),
            (file([0, 0, 8, 3], &[u32::MAX, 2, 2], 10), "promises"),
            (vec![0, 0], "cut short"),
        ];
        for (bytes, why) in cases {
            let found = parse(&bytes[..], &[2, 2]).expect_err(why);
            assert!(found.contains(why), "{found} should say {why}");
        }
    }
}
