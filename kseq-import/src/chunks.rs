//! Arrays of HDF5 that lie in chunks: unpacked here, since `hdf5-pure` believes what a chunk says of its place and its size.

use std::io::Read;
use std::mem::replace;

use hdf5_pure::Filter;

/// HDF5's numbers of the filters that Keras's users meet.
const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;

/// A chunk, as the file says.
#[derive(Clone)]
pub(crate) struct Chunk {
    offset: Vec<u64>,
    address: u64,
    length: u64,
    /// The filters that were not applied, a bit for each.
    mask: u32,
}

impl From<hdf5_pure::Chunk> for Chunk {
    fn from(chunk: hdf5_pure::Chunk) -> Self {
        Chunk {
            offset: chunk.offset,
            address: chunk.address,
            length: chunk.storage_size,
            mask: chunk.filter_mask,
        }
    }
}

/// An array in chunks.
pub(crate) struct Chunked<'a> {
    /// The file.
    pub file: &'a [u8],
    /// The axes of the array.
    pub shape: &'a [usize],
    /// The axes of a chunk; those at the end of an axis are as large.
    pub chunk: &'a [usize],
    /// The bytes of a number.
    pub width: usize,
    /// What is done with a chunk before it is written, in that order.
    pub filters: &'a [Filter],
}

impl Chunked<'_> {
    /// The bytes of the array in C order. Both shapes have been allowed.
    pub(crate) fn read(&self, chunks: &[Chunk]) -> Result<Vec<u8>, String> {
        let rank = self.shape.len();
        if self.chunk.len() != rank || rank == 0 || self.chunk.contains(&0) {
            return Err(format!(
                "chunks of {:?} for the shape {:?}",
                self.chunk, self.shape
            ));
        }
        let sizes = self.shape.iter().zip(self.chunk);
        let grid: Vec<usize> = sizes.map(|(size, chunk)| size.div_ceil(*chunk)).collect();
        let places: usize = grid.iter().product();
        if chunks.len() != places {
            let found = chunks.len();
            return Err(format!("{places} chunks were promised, found {found}"));
        }
        let mut out = vec![0; self.shape.iter().product::<usize>() * self.width];
        let mut seen = vec![false; places];
        for chunk in chunks {
            let place = self.place(chunk, &grid);
            let mut is_new = |place: usize| seen.get_mut(place).is_some_and(|s| !replace(s, true));
            let place = place.filter(|(place, _)| is_new(*place));
            let (_, begin) = place.ok_or_else(|| {
                let at = &chunk.offset;
                format!("a chunk at {at:?}, where none can be or one is already")
            })?;
            let bytes = self.unpacked(chunk)?;
            self.copy(&bytes, &begin, &mut out);
        }
        Ok(out)
    }

    /// The number of a chunk's place in the grid, and where it begins in the array.
    fn place(&self, chunk: &Chunk, grid: &[usize]) -> Option<(usize, Vec<usize>)> {
        let (mut place, mut begin) = (0, Vec::with_capacity(grid.len()));
        if chunk.offset.len() != grid.len() {
            return None;
        }
        for ((offset, size), count) in chunk.offset.iter().zip(self.chunk).zip(grid) {
            let offset = usize::try_from(*offset).ok()?;
            let at = offset / size;
            if !offset.is_multiple_of(*size) || at >= *count {
                return None;
            }
            place = place * count + at;
            begin.push(offset);
        }
        Some((place, begin))
    }

    /// A chunk without its filters.
    fn unpacked(&self, chunk: &Chunk) -> Result<Vec<u8>, String> {
        let size = self.chunk.iter().product::<usize>() * self.width;
        let begin = usize::try_from(chunk.address).ok();
        let length = usize::try_from(chunk.length).ok();
        let stored = begin.zip(length).and_then(|(begin, length)| {
            let end = begin.checked_add(length)?;
            self.file.get(begin..end)
        });
        let stored = stored.ok_or("a chunk behind the end of the file")?;
        let mut bytes = stored.to_vec();
        for (i, filter) in self.filters.iter().enumerate().rev() {
            if i < 32 && chunk.mask & 1 << i != 0 {
                continue;
            }
            bytes = match filter.id {
                DEFLATE => inflated(&bytes, size)?,
                SHUFFLE => unshuffled(&bytes, self.width),
                // A checksum behind the chunk.
                FLETCHER32 => {
                    bytes.truncate(bytes.len().saturating_sub(4));
                    bytes
                }
                other => {
                    return Err(format!(
                        "expected gzip, shuffle or no filter, found HDF5's filter {other}; \
                         rewrite it without (`h5repack -f NONE`)"
                    ));
                }
            };
        }
        match bytes.len() == size {
            true => Ok(bytes),
            false => Err(format!("a chunk of {} bytes, not {size}", bytes.len())),
        }
    }

    /// Copies a chunk to its place, without what hangs over the end of the array.
    fn copy(&self, chunk: &[u8], begin: &[usize], out: &mut [u8]) {
        let axes = begin.iter().zip(self.chunk).zip(self.shape);
        let axes: Vec<[usize; 3]> = axes.map(|((b, c), s)| [*b, *c, *s]).collect();
        let Some((&[last, row, columns], outer)) = axes.split_last() else {
            return;
        };
        let kept = row.min(columns.saturating_sub(last)) * self.width;
        'rows: for (i, from) in chunk.chunks_exact(row * self.width).enumerate() {
            // The place of the row in the chunk, axis by axis from the last but one.
            let (mut rest, mut to, mut stride) = (i, last, columns);
            for [begin, chunk, size] in outer.iter().rev() {
                let at = begin + rest % chunk;
                rest /= chunk;
                if at >= *size {
                    continue 'rows;
                }
                to += at * stride;
                stride *= size;
            }
            let to = to * self.width;
            if let (Some(to), Some(from)) = (out.get_mut(to..to + kept), from.get(..kept)) {
                to.copy_from_slice(from);
            }
        }
    }
}

/// What zlib has packed; more than is expected is an error.
fn inflated(packed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    // A checksum may follow the chunk itself.
    let most = size + 4;
    let mut bytes = Vec::with_capacity(most);
    let unpacked = flate2::bufread::ZlibDecoder::new(packed);
    let read = unpacked.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| format!("a chunk that zlib cannot unpack: {e}"))?;
    match bytes.len() <= most {
        true => Ok(bytes),
        false => Err(format!("a chunk that unpacks to more than {size} bytes")),
    }
}

/// First bytes of all numbers, then second ones, and so on, as numbers; what is left over stands behind them.
fn unshuffled(bytes: &[u8], width: usize) -> Vec<u8> {
    let count = bytes.len().checked_div(width).unwrap_or(0);
    let (numbers, rest) = bytes.split_at_checked(count * width).unwrap_or_default();
    let number = |i: usize| numbers.iter().skip(i).step_by(count).copied();
    let mut out: Vec<u8> = (0..count).flat_map(number).collect();
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk of (2, 2) numbers of a byte, in a file of sixteen.
    fn chunk(offset: [u64; 2], address: u64) -> Chunk {
        Chunk {
            offset: offset.to_vec(),
            address,
            length: 4,
            mask: 0,
        }
    }

    #[test]
    fn chunks_that_hang_over_the_end() {
        let file: Vec<u8> = (0..16).collect();
        let array = Chunked {
            file: &file,
            shape: &[3, 3],
            chunk: &[2, 2],
            width: 1,
            filters: &[],
        };
        let four = [([0, 0], 0), ([0, 2], 4), ([2, 0], 8), ([2, 2], 12)];
        let chunks = four.map(|(offset, address)| chunk(offset, address));
        let expected = [0, 1, 4, 2, 3, 6, 8, 9, 12];
        assert_eq!(array.read(&chunks).unwrap(), expected);
        let wrong = |i: usize, offset, address| {
            let mut chunks = chunks.clone();
            chunks[i] = chunk(offset, address);
            array.read(&chunks).unwrap_err()
        };
        assert!(wrong(3, [2, 2], 13).contains("behind the end"));
        assert!(wrong(3, [2, 0], 12).contains("where none can be"));
        assert!(wrong(3, [2, 3], 12).contains("where none can be"));
        assert!(wrong(0, [4, 0], 12).contains("where none can be"));
        assert!(wrong(0, [u64::MAX, 0], 12).contains("where none can be"));
        let why = array.read(&chunks[..3]).unwrap_err();
        assert_eq!(why, "4 chunks were promised, found 3");
    }

    #[test]
    fn shuffled_numbers() {
        assert_eq!(unshuffled(&[1, 3, 5, 2, 4, 6, 7], 2), [1, 2, 3, 4, 5, 6, 7]);
    }
}
