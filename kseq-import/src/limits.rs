//! How much a file may ask for: what it says of its own sizes is not believed.

use std::cell::Cell;

/// What a file of so many bytes may become: as Keras itself has it, a hundred times as many, and a MiB for small ones. Numbers of a
/// training are hardly smaller when compressed; only what was made to be large shrinks to less than that.
pub(crate) fn most(bytes: usize) -> u64 {
    (bytes as u64).saturating_mul(100).saturating_add(1 << 20)
}

/// The bytes that may still be made of a file, over all its arrays and texts.
#[derive(Debug)]
pub(crate) struct Allowance(Cell<u64>);

impl Allowance {
    /// That of a file of so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Allowance(Cell::new(most(bytes)))
    }

    /// Takes so many bytes, before they are allocated.
    pub(crate) fn take(&self, bytes: u64) -> Result<(), String> {
        let left = self.0.get().checked_sub(bytes);
        let left =
            left.ok_or_else(|| format!("{bytes} bytes, more than a file of its size has"))?;
        self.0.set(left);
        Ok(())
    }

    /// Takes an array of this shape, and gives the number of its values. Of an array without values the other axes fit into memory,
    /// too: whoever multiplies some of them needs no check.
    pub(crate) fn take_array(&self, shape: &[usize], bytes_each: usize) -> Result<usize, String> {
        let each = bytes_each.max(size_of::<f32>());
        let most = shape.iter().try_fold(each, |n, &d| n.checked_mul(d.max(1)));
        if most.is_none() {
            return Err(format!("the shape {shape:?} is larger than any memory"));
        }
        let count: usize = shape.iter().product();
        let taken = self.take((count * each) as u64);
        taken.map_err(|why| format!("the shape {shape:?} would take {why}"))?;
        Ok(count)
    }
}
