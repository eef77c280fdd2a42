//! What an instruction set offers to the matrix product.

use super::product::{Product, Repeats};

/// The micro-kernel of one instruction set: it computes a panel of C in tiles whose sums stay in registers.
pub(in crate::kernels) struct MicroKernel {
    /// Rows of a full tile.
    pub mr: usize,
    /// Columns of a full tile.
    pub nr: usize,
    /// Rows per pass over all panels of B.
    pub mc: usize,
    /// Rows of B that are this far apart alias: they fall into the same few sets of the caches, and are better packed.
    pub aliasing_stride: usize,
    /// Whether its full tiles prefetch, see [`Product::prefetcher`].
    pub prefetches: bool,
    /// How many of `n` columns a panel for `m` rows takes: few rows want wide panels.
    pub width: fn(m: usize, n: usize) -> usize,
    /// Computes a panel: any number of rows and lines, `n` as given by `width`, `bcs` = 1.
    ///
    /// # Safety
    /// The matrices are valid for the sizes of the product, and so are the bias and the prefetcher unless they are null; nobody
    /// else accesses C and the prefetcher meanwhile, and the CPU has the instructions.
    pub panel: unsafe fn(&Product),
    /// As `panel`, for one line and any strides of B: packs it on the stack first.
    ///
    /// # Safety
    /// As `panel`.
    pub packed: unsafe fn(&Product),
    /// Several products that share B, whose rows then fill the tiles together, if there is such a kernel: `n` = `nr`, any number of
    /// rows and lines, `acs` = `bcs` = 1, not narrow.
    ///
    /// # Safety
    /// As `panel`, for each of them.
    pub repeated: Option<unsafe fn(&Product, Repeats)>,
    /// Tiles that share copies of panels of B, if there is such a kernel: one line, not narrow, `ars` or `acs` is 1, `brs` or `bcs`
    /// too. After each tile it is the prefetcher's turn, if there is one.
    ///
    /// # Safety
    /// As `panel`.
    pub strip: Option<unsafe fn(&Product)>,
    /// A fast transposition, if there is one.
    pub transpose: Option<Transpose>,
}

/// Writes the columns of a matrix with so many rows and columns as rows: its first element, from row to row, and the
/// same for where they are written.
pub(in crate::kernels) type Transpose = unsafe fn([usize; 2], *const f32, usize, *mut f32, usize);
