//! A sample alone is the row of its batch, and threads change no bit.

use std::vec;
use std::vec::Vec;

use super::*;
use crate::params::{Flat, zeroed_box};
use crate::pool::Pool;

type Layer1D = ConvLSTM1D<3, 2, 4, 16, 16, 0, 6, true>;
type X = [[[f32; 2]; 6]; 5];
type Y = [[[f32; 4]; 6]; 5];

fn numbers(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Output, output in training, gradients of the parameters and of the input.
fn run(batch: usize, pool: &Pool) -> [Vec<f32>; 4] {
    let arguments = Recurrent {
        dropout: 0.2,
        recurrent_dropout: 0.3,
        ..Recurrent::KERAS
    };
    let window = Window {
        padding: Padding::Same,
        ..Window::DEFAULT
    };
    let layer: Layer1D = ConvLSTM1D::new(arguments, true, window, [3]);
    type L = Layer1D;
    type P = <L as Layer<X, Y>>::Params;
    let (mut p, mut dp) = (zeroed_box::<P>(), zeroed_box::<P>());
    p.as_f32s_mut().copy_from_slice(&numbers(P::LEN, 3));
    let mut s = zeroed_box::<<L as Layer<X, Y>>::State>();
    let x = numbers(batch * <X as Tensor>::LEN, 4);
    let x = X::view(&x);
    let mut memory = vec![f32::NAN; batch * <L as Layer<X, Y>>::SCRATCH];
    let cx = Ctx::new(pool, 7, 1);
    let mut cx = cx.with_scratch(&mut memory);
    let [mut y, mut trained] = [(); 2].map(|()| vec![f32::NAN; batch * <Y as Tensor>::LEN]);
    let mut cache = vec![f32::NAN; batch * <L as Layer<X, Y>>::CACHE];
    cx.training = true;
    let out = Y::view_mut(&mut trained);
    layer.forward(&p, &mut s, x, out, &mut cache, &mut cx);
    let (mut dx, mut dy) = (
        vec![f32::NAN; batch * <X as Tensor>::LEN],
        numbers(batch * <Y as Tensor>::LEN, 5),
    );
    let pass = Backward {
        x,
        y: Y::view(&trained),
        cache: &cache,
        dy: Y::view_mut(&mut dy),
        dx: Some(X::view_mut(&mut dx)),
    };
    layer.backward(&p, pass, &mut dp, &mut cx);
    cx.training = false;
    layer.infer(&p, &s, x, Y::view_mut(&mut y), &mut cx);
    [y, trained, dp.as_f32s().to_vec(), dx]
}

#[test]
fn a_sample_alone_and_many() {
    let (one, many) = (run(1, &Pool::Serial), run(9, &Pool::Serial));
    for i in [0, 1, 3] {
        assert_eq!(one[i], many[i][..one[i].len()], "{i}");
    }
    let all = many.iter().flatten();
    assert!(all.into_iter().all(|value| value.is_finite()));
    #[cfg(feature = "rayon")]
    {
        let pool = Pool::of(3);
        let pool = pool.expect("a pool");
        assert_eq!(run(9, &pool), many);
    }
}
