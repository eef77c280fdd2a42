//! Where the gradients of parameters go: into memory, for the optimizer after the pass, or piece by piece into the
//! parameters while the pass runs, which needs no memory for them.

use crate::kernels::dispatch::DEVICE;
use crate::kernels::elementwise::scale;
use crate::kernels::gemm::{Mat, gemm};
use crate::pool::Pool;

/// What becomes of the gradients of parameters. A layer's parameters are given by the first one and their number.
pub trait Sink {
    /// The first layer that the backward pass reaches, where the compiler knows it.
    const FIRST: Option<u32> = None;
    /// Whether parameters are updated in the pass.
    const UPDATES: bool = false;
    /// Whether somebody asks for the gradient of the model's input: a model that is a layer of another one.
    const INPUT: bool = false;

    /// Memory for the gradient of a layer's parameters.
    fn memory(&mut self, params: (usize, usize)) -> &mut [f32];

    /// The gradient of a layer's parameters, from the one of number `first` on, is in its memory; they may be updated.
    fn written(&mut self, first: usize, p: &mut [f32]) {
        let _ = (first, p);
    }

    /// The rate of an update that is `p -= rate g` and nothing else.
    fn descent(&self) -> Option<f32> {
        None
    }

    /// Updates some parameters from their gradient.
    fn update(&mut self, first: usize, p: &mut [f32], g: &[f32]) {
        let _ = (first, p, g);
    }
}

/// All gradients stay in memory, until the pass is over.
pub struct Gathered<'a>(pub &'a mut [f32]);

impl Sink for Gathered<'_> {
    fn memory(&mut self, (first, len): (usize, usize)) -> &mut [f32] {
        self.0.get_mut(first..first + len).unwrap_or_default()
    }
}

/// The parameters whose gradient is there at a time.
const PIECE: usize = if DEVICE { 112 } else { 1024 };

/// The input of a bias.
const ONE: Mat<'_> = Mat {
    data: &[1.0],
    rs: 0,
    cs: 0,
};

/// Updates the parameters of a `Dense` layer from `i` to `o` features, with the gradient `dz` of its sums: the kernel by
/// x^T dz, the bias, which lies behind it, by the sums of its columns. `first` is the number of the first parameter.
/// `dz` means nothing afterwards.
#[inline(never)]
pub(super) fn update_dense<S: Sink>(
    sink: &mut S,
    first: usize,
    p: &mut [f32],
    x: &[f32],
    dz: &mut [f32],
    (i, o): (usize, usize),
    pool: &Pool,
) {
    let o = o.max(1);
    let rows = dz.len() / o;
    let (kernel, bias) = p.split_at_mut(p.len().min(i * o));
    let xt = Mat::rows(x, i).t();
    // Which of the two it is the compiler knows from the optimizer.
    if let Some(rate) = sink.descent() {
        scale(-rate, dz);
        let dz = Mat::rows(dz, o);
        gemm(i, o, rows, xt, dz, kernel, o, true, pool);
        if !bias.is_empty() {
            gemm(1, o, rows, ONE, dz, bias, o, true, pool);
        }
    } else {
        let mut memory = [0.0; PIECE];
        let (memory, sizes) = (&mut memory, (rows, o));
        pieces(sink, first, kernel, (xt, dz), memory, sizes, pool);
        pieces(sink, first + i * o, bias, (ONE, dz), memory, sizes, pool);
    }
}

/// Updates a matrix `p` with `o` columns from the product of x, with `k` columns, and dz, some rows or a part of one at a time.
fn pieces<S: Sink>(
    sink: &mut S,
    mut first: usize,
    p: &mut [f32],
    (x, dz): (Mat<'_>, &[f32]),
    memory: &mut [f32; PIECE],
    (k, o): (usize, usize),
    pool: &Pool,
) {
    let rows = (PIECE / o).max(1);
    for (i, p) in p.chunks_mut((rows * o).max(1)).enumerate() {
        let data = x.data.get(i * rows * x.rs..).unwrap_or_default();
        let x = Mat { data, ..x };
        for (j, p) in p.chunks_mut(PIECE).enumerate() {
            let data = dz.get(j * PIECE..).unwrap_or_default();
            let dz = Mat { data, rs: o, cs: 1 };
            let g = memory.get_mut(..p.len()).unwrap_or_default();
            let n = o.min(g.len()).max(1);
            if DEVICE && k == 1 {
                // One sample: without the stack of a product.
                for (i, g) in g.chunks_mut(n).enumerate() {
                    let x = x.data.get(i * x.rs).copied().unwrap_or_default();
                    g.iter_mut().zip(dz.data).for_each(|(g, dz)| *g = x * dz);
                }
            } else {
                gemm(g.len() / n, n, k, x, dz, g, n, false, pool);
            }
            sink.update(first, p, g);
            first += p.len();
        }
    }
}
