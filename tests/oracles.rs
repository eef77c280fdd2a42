//! kseq against crates that do the same in another way: nalgebra's QR decomposition and products in `f64`, typenum's
//! arithmetic of types.

use kseq::__core::kernels::{Mat, gemm};
use kseq::initializers::{Fans, Initializer};
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use nalgebra::DMatrix;
use proptest::prelude::*;
use typenum::{Const, Diff, Prod, Quot, Sum, ToUInt, U, U1};

fn normals(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed, Purpose::Init, 0, 0);
    (0..count).map(|_| rng.normal()).collect()
}

fn matrix(rows: usize, columns: usize, elements: &[f32]) -> DMatrix<f64> {
    DMatrix::from_row_iterator(rows, columns, elements.iter().map(|&x| f64::from(x)))
}

/// Q of A = Q R, with the signs that make the diagonal of R positive.
fn orthonormal(a: DMatrix<f64>) -> DMatrix<f64> {
    let (mut q, r) = a.qr().unpack();
    for (mut column, diagonal) in q.column_iter_mut().zip(r.diagonal().iter()) {
        column *= diagonal.signum();
    }
    q
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn orthogonal_is_nalgebras_q(rows in 1usize..90, columns in 1usize..90, seed in 0u64..1 << 40) {
        let mut w = vec![0.0; rows * columns];
        let mut rng = Rng::new(seed, Purpose::Init, 0, 0);
        Initializer::Orthogonal { gain: 1.0 }.fill(&mut w, Fans::dense(rows, columns), &mut rng);
        let a = matrix(rows, columns, &normals(rows * columns, seed));
        let q = if rows >= columns { orthonormal(a) } else { orthonormal(a.transpose()).transpose() };
        let worst = (matrix(rows, columns, &w) - q).amax();
        prop_assert!(worst < 1e-6, "{rows} x {columns}: {worst}");
    }

    /// The three products of a dense layer: y = x W, dW = x' dy, dx = dy W'.
    #[test]
    fn products_are_nalgebras(m in 1usize..200, n in 1usize..200, k in 1usize..600, seed in 0u64..1 << 40) {
        let (a, b) = (normals(m * k, seed), normals(k * n, seed + 1));
        let (exact_a, exact_b) = (matrix(m, k, &a), matrix(k, n, &b));
        let want = &exact_a * &exact_b;
        // Half an ulp of each partial sum, and no sum is larger than that of the absolute values.
        let bound = exact_a.abs() * exact_b.abs() * (k as f64 * f64::from(f32::EPSILON) / 2.0);
        let transposed = |rows: usize, columns: usize, x: &[f32]| -> Vec<f32> {
            DMatrix::from_row_slice(rows, columns, x).as_slice().to_vec()
        };
        let (a_by_columns, b_by_columns) = (transposed(m, k, &a), transposed(k, n, &b));
        let (a, b) = (Mat::rows(&a, k), Mat::rows(&b, n));
        let pool = Pool::Serial;
        for (a, b) in [(a, b), (Mat::rows(&a_by_columns, m).t(), b), (a, Mat::rows(&b_by_columns, k).t())] {
            let mut c = vec![f32::NAN; m * n];
            gemm(m, n, k, a, b, &mut c, n, false, &pool);
            let off = (matrix(m, n, &c) - &want).abs();
            prop_assert!(off.iter().zip(bound.iter()).all(|(off, bound)| off <= bound), "{m} x {k} x {n}");
        }
    }
}

/// Steps that are left when a window of `K` elements, `D` apart, moves over `L` by `S`.
type Valid<L, K, S, D> = Sum<Quot<Diff<Diff<L, Prod<Diff<K, U1>, D>>, U1>, S>, U1>;

/// Steps when the padding makes a start of every `S`-th element.
type Padded<L, S> = Quot<Diff<Sum<L, S>, U1>, S>;

/// Compiles only if both shapes have as many steps, the one of the macro's constants and the one of typenum's types.
fn same_1d<Net, Steps, const N: usize>()
where
    Net: Model<Output = [[f32; 2]; N]>,
    Const<N>: ToUInt<Output = Steps>,
{
}

/// The same with two axes.
fn same_2d<Net, Height, Width, const H: usize, const W: usize>()
where
    Net: Model<Output = [[[f32; 2]; W]; H]>,
    Const<H>: ToUInt<Output = Height>,
    Const<W>: ToUInt<Output = Width>,
{
}

/// For each length, window, stride and dilation: convolutions over one axis and over two (the other axis is 30, with the
/// window, stride and dilation of this one), and pooling, which knows no dilation.
macro_rules! shapes {
    ($($l:literal $k:literal $s:literal $d:literal)*) => { paste::paste! {
        $(
            sequential! { [<Conv1DValid $l _ $k _ $s _ $d>] =
                [Conv1D(2, $k, strides = $s, dilation_rate = $d, input_shape = ($l, 1))] }
            sequential! { [<Conv1DSame $l _ $k _ $s _ $d>] =
                [Conv1D(2, $k, strides = $s, dilation_rate = $d, padding = "same", input_shape = ($l, 1))] }
            sequential! { [<Conv1DCausal $l _ $k _ $s _ $d>] =
                [Conv1D(2, $k, strides = $s, dilation_rate = $d, padding = "causal", input_shape = ($l, 1))] }
            sequential! { [<Conv2DValid $l _ $k _ $s _ $d>] =
                [Conv2D(2, $k, strides = $s, dilation_rate = $d, input_shape = ($l, 30, 1))] }
            sequential! { [<Conv2DSame $l _ $k _ $s _ $d>] =
                [Conv2D(2, $k, strides = $s, dilation_rate = $d, padding = "same", input_shape = (30, $l, 1))] }
            sequential! { [<PoolValid $l _ $k _ $s _ $d>] =
                [MaxPooling1D($k, strides = $s, input_shape = ($l, 2))] }
            sequential! { [<PoolSame $l _ $k _ $s _ $d>] =
                [AveragePooling1D($k, strides = $s, padding = "same", input_shape = ($l, 2))] }

            #[test]
            fn [<shapes_of_ $l _ $k _ $s _ $d>]() {
                type V = Valid<U<$l>, U<$k>, U<$s>, U<$d>>;
                type P = Padded<U<$l>, U<$s>>;
                same_1d::<[<Conv1DValid $l _ $k _ $s _ $d>], V, _>();
                same_1d::<[<Conv1DSame $l _ $k _ $s _ $d>], P, _>();
                same_1d::<[<Conv1DCausal $l _ $k _ $s _ $d>], P, _>();
                same_2d::<[<Conv2DValid $l _ $k _ $s _ $d>], V, Valid<U<30>, U<$k>, U<$s>, U<$d>>, _, _>();
                same_2d::<[<Conv2DSame $l _ $k _ $s _ $d>], Padded<U<30>, U<$s>>, P, _, _>();
                same_1d::<[<PoolValid $l _ $k _ $s _ $d>], Valid<U<$l>, U<$k>, U<$s>, U1>, _>();
                same_1d::<[<PoolSame $l _ $k _ $s _ $d>], P, _>();
            }
        )*
    } };
}

// Length, window, stride, dilation; Keras refuses strides together with dilation.
shapes! {
    1 1 1 1
    5 1 1 1
    5 5 1 1
    7 2 1 1
    28 3 1 1
    5 1 3 1
    6 2 2 1
    7 2 2 1
    7 3 2 1
    8 3 2 1
    9 3 3 1
    10 3 3 1
    11 3 3 1
    10 4 7 1
    100 7 5 1
    7 2 1 3
    7 3 1 3
    16 3 1 2
    29 5 1 4
}
