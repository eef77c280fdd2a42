use super::*;

/// The worst error over every `step`-th `f32` in `from..=to`, and the negative ones if `from` is negative.
/// Relative to the true value, or to `least` where that is larger.
fn worst(f: fn(f32) -> f32, truth: fn(f64) -> f64, from: f32, to: f32, least: f64) -> (f64, f32) {
    let mut worst = (0.0, 0.0);
    let mut visit = |x: f32| {
        let want = truth(f64::from(x));
        let error = (f64::from(f(x)) - want).abs() / want.abs().max(least);
        if error > worst.0 || error.is_nan() {
            worst = (error, x);
        }
    };
    let low = if from < 0.0 { 0.0 } else { from };
    for bits in (low.to_bits()..=to.to_bits()).step_by(499) {
        visit(f32::from_bits(bits));
    }
    if from < 0.0 {
        for bits in (0..=(-from).to_bits()).step_by(499) {
            visit(-f32::from_bits(bits));
        }
    }
    worst
}

fn softplus_f64(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

fn sigmoid_f64(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Name, function, the true one, from, to, and the error allowed.
type Row = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f32, f32, f64);

/// The table at the top of this file.
#[test]
fn errors() {
    let tiny = f64::from(f32::MIN_POSITIVE);
    let table: [Row; 16] = [
        ("exp", exp, libm::exp, -87.336, 88.722, 9e-8),
        ("exp_m1", exp_m1, libm::expm1, -100.0, 88.722, 2e-7),
        ("ln", ln, libm::log, 1e-45, f32::MAX, 9e-8),
        ("ln_1p", ln_1p, libm::log1p, -0.999_999, f32::MAX, 2e-7),
        ("tanh", tanh, libm::tanh, -f32::MAX, f32::MAX, 2e-7),
        ("sigmoid", sigmoid, sigmoid_f64, -87.0, f32::MAX, 2e-7),
        ("softplus", softplus, softplus_f64, -87.0, f32::MAX, 2e-7),
        ("erf", erf, libm::erf, -f32::MAX, f32::MAX, 2e-7),
        ("exp", exp_in::<true>, libm::exp, -87.336, 88.722, 9e-8),
        (
            "exp_m1",
            exp_m1_in::<true>,
            libm::expm1,
            -100.0,
            88.722,
            2e-7,
        ),
        ("ln", ln_in::<true>, libm::log, 1e-45, f32::MAX, 9e-8),
        (
            "ln_1p",
            ln_1p_in::<true>,
            libm::log1p,
            -0.999_999,
            f32::MAX,
            2e-7,
        ),
        (
            "tanh",
            tanh_in::<true>,
            libm::tanh,
            -f32::MAX,
            f32::MAX,
            2e-7,
        ),
        (
            "sigmoid",
            sigmoid_in::<true>,
            sigmoid_f64,
            -87.0,
            f32::MAX,
            2e-7,
        ),
        (
            "softplus",
            softplus_in::<true>,
            softplus_f64,
            -87.0,
            f32::MAX,
            2e-7,
        ),
        ("erf", erf_in::<true>, libm::erf, -f32::MAX, f32::MAX, 2e-7),
    ];
    let mut failed = 0;
    for (name, f, truth, from, to, bound) in table {
        let (error, x) = worst(f, truth, from, to, tiny);
        #[cfg(feature = "std")]
        std::println!("{name:9} {error:.2e} at {x:e}, allowed {bound:.0e}");
        failed += usize::from(error > bound || error.is_nan());
        let _ = (name, x);
    }
    assert_eq!(failed, 0);
}

#[test]
fn special_values() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    for f in [
        exp, exp_m1, ln, ln_1p, tanh, sigmoid, softplus, erf, sqrt, floor,
    ] {
        // Of any payload.
        let other = f32::from_bits(0x7fff_ffff);
        assert!(f(nan).is_nan() && f(-other).is_nan());
    }
    assert_eq!(
        [exp(inf), exp(-inf), exp(0.0), exp(89.0), exp(-100.0)],
        [inf, 0.0, 1.0, inf, 0.0]
    );
    assert_eq!(
        [exp_m1(inf), exp_m1(-inf), exp_m1(0.0), exp_m1(89.0)],
        [inf, -1.0, 0.0, inf]
    );
    assert_eq!(
        [ln(inf), ln(0.0), ln(-0.0), ln(1.0)],
        [inf, -inf, -inf, 0.0]
    );
    assert!(ln(-1.0).is_nan() && ln(-inf).is_nan() && ln(-1e-40).is_nan() && ln_1p(-2.0).is_nan());
    assert_eq!(
        [ln_1p(inf), ln_1p(-1.0), ln_1p(0.0), ln_1p(1e-30)],
        [inf, -inf, 0.0, 1e-30]
    );
    assert_eq!(
        [tanh(inf), tanh(-inf), tanh(0.0), tanh(1e-30)],
        [1.0, -1.0, 0.0, 1e-30]
    );
    assert_eq!([sigmoid(inf), sigmoid(-inf), sigmoid(0.0)], [1.0, 0.0, 0.5]);
    assert_eq!(
        [softplus(inf), softplus(-inf), softplus(200.0)],
        [inf, 0.0, 200.0]
    );
    assert_eq!([erf(inf), erf(-inf), erf(0.0)], [1.0, -1.0, 0.0]);
    assert!(tanh(-0.0).is_sign_negative() && erf(-0.0).is_sign_negative());
    assert_eq!([sqrt(9.0), floor(-1.5), floor(1e30)], [3.0, -2.0, 1e30]);
}

/// All instruction sets with fused multiply-add give the same bits, and all without.
#[test]
fn vectors_and_scalars_agree() {
    let x: [f32; 1000] = core::array::from_fn(|i| (i as f32 - 500.0) * 0.037);
    macro_rules! check {
        ($($f:ident $f_in:ident)*) => {$({
            let mut y = [x, x];
            crate::kernels::dispatch::simd_fn! {
                fn vector(y: &mut [[f32; 1000]; 2]) -> bool {
                    y[0].iter_mut().for_each(|y| *y = $f(*y));
                    y[1].iter_mut().for_each(|y| *y = $f_in::<FMA>(*y));
                    FMA
                }
            }
            let fused = vector(&mut y);
            let f_in = if fused { $f_in::<true> } else { $f_in::<false> };
            for (i, &x) in x.iter().enumerate() {
                let alone = [$f(core::hint::black_box(x)), f_in(core::hint::black_box(x))];
                for (y, alone) in [y[0][i], y[1][i]].into_iter().zip(alone) {
                    assert!(y.to_bits() == alone.to_bits() || y.is_nan() && alone.is_nan(), "{x}: {y}, {alone}");
                }
            }
        })*};
    }
    check!(exp exp_in exp_m1 exp_m1_in ln ln_in ln_1p ln_1p_in tanh tanh_in sigmoid sigmoid_in
        softplus softplus_in erf erf_in);
}

/// Fingerprints (Fowler, Noll and Vo's) of the functions all over `f32`, recorded on x86-64: other processors give the same bits.
#[test]
fn the_same_bits_on_every_processor() {
    type Function = fn(f32) -> f32;
    let functions: [(&str, Function, u64); 8] = [
        ("exp", exp, 0xabd5_c86f_bf65_133d),
        ("exp_m1", exp_m1, 0x9059_9d3c_7517_265d),
        ("ln", ln, 0xaf37_5e86_95cc_d79c),
        ("ln_1p", ln_1p, 0x809b_6bad_13ba_6baf),
        ("tanh", tanh, 0x7a18_4b33_62db_8937),
        ("sigmoid", sigmoid, 0x2c06_0042_e939_4596),
        ("softplus", softplus, 0xe253_79c3_b4d4_bbb3),
        ("erf", erf, 0xc0e4_090e_4b5e_5d6b),
    ];
    for (name, function, recorded) in functions {
        let mut found = 0xcbf2_9ce4_8422_2325_u64;
        for bits in (0..=u32::MAX).step_by(65_521) {
            let y = function(f32::from_bits(bits));
            // Which NaN it is, is the processor's.
            let y = if y.is_nan() { f32::NAN } else { y };
            for byte in y.to_bits().to_le_bytes() {
                found = (found ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
        assert_eq!(found, recorded, "{name}: {found:#018x}");
    }
}
