//! (tests) gemmlowp's functions of 16 bits once more, word for word: with its formats, its saturations and its branches.

/// The product of two fractions, rounded; -1 times -1 is the largest.
fn times(a: i16, b: i16) -> i16 {
    if a == i16::MIN && b == i16::MIN {
        return i16::MAX;
    }
    let product = i32::from(a) * i32::from(b);
    let nudge = if product >= 0 { 1 << 14 } else { 1 - (1 << 14) };
    ((product + nudge) / (1 << 15)) as i16
}

fn rounding_divide(x: i32, exponent: u32) -> i32 {
    let mask = (1_i64 << exponent) as i32 - 1;
    let threshold = (mask >> 1) + i32::from(x < 0);
    (x >> exponent) + i32::from(x & mask > threshold)
}

fn saturating_shift(x: i16, exponent: u32) -> i16 {
    let threshold = (1 << (15 - exponent)) - 1;
    if i32::from(x) > threshold {
        i16::MAX
    } else if i32::from(x) < -threshold {
        i16::MIN
    } else {
        x << exponent
    }
}

fn constant(x: i32) -> i16 {
    rounding_divide(x, 16) as i16
}

fn exp_of_quarter(a: i16) -> i16 {
    let (at_eighth, third) = (constant(1_895_147_668), constant(715_827_883));
    let x = a.wrapping_add(1 << 12);
    let x2 = times(x, x);
    let x3 = times(x2, x);
    let x4 = times(x2, x2);
    let x4_4 = rounding_divide(x4.into(), 2) as i16;
    let sum = times(x4_4.wrapping_add(x3), third).wrapping_add(x2);
    let series = rounding_divide(sum.into(), 1) as i16;
    at_eighth.saturating_add(times(at_eighth, x.wrapping_add(series)))
}

fn exp_of_negative(a: i16, bits: u32) -> i16 {
    let quarter = 1i16 << (13 - bits);
    let below = (a & (quarter - 1)).wrapping_sub(quarter);
    let mut result = exp_of_quarter(saturating_shift(below, bits));
    let rest = below.wrapping_sub(a);
    let powers = [
        (-2, 1_672_461_947),
        (-1, 1_302_514_674),
        (0, 790_015_084),
        (1, 290_630_308),
        (2, 39_332_535),
        (3, 720_401),
        (4, 242),
    ];
    for (exponent, power) in powers {
        if bits as i32 > exponent && rest & (1 << (15 - bits as i32 + exponent)) != 0 {
            result = times(result, constant(power));
        }
    }
    if bits > 5 && i32::from(a) < rounding_divide(-(1 << (36 - bits)), 16) {
        result = 0;
    }
    if a == 0 { i16::MAX } else { result }
}

fn twice_over_one_plus(a: i16) -> i16 {
    let half = ((i32::from(a) + i32::from(i16::MAX) + 1) / 2) as i16;
    let mut x = constant(1_515_870_810).wrapping_add(times(half, constant(-1_010_580_540)));
    for _ in 0..3 {
        let error = (1i16 << 13).wrapping_sub(times(half, x));
        x = x.wrapping_add(saturating_shift(times(x, error), 2));
    }
    x
}

/// `logistic` of Q3.
pub(super) fn logistic(x: i16) -> i16 {
    let magnitude = if x > 0 { x } else { x.wrapping_neg() };
    let e = exp_of_negative(magnitude.wrapping_neg(), 3);
    let y = saturating_shift(twice_over_one_plus(e), 1);
    match x {
        0 => 1 << 14,
        1.. => y,
        _ => i16::MAX.wrapping_sub(y),
    }
}

/// `tanh` of `Q(bits)`.
pub(super) fn tanh(x: i16, bits: u32) -> i16 {
    let n = if x < 0 { x } else { x.wrapping_neg() };
    let twice = twice_over_one_plus(exp_of_negative(n, bits + 1));
    let t = saturating_shift(twice.wrapping_sub(1 << 13), 2);
    match x {
        0 => 0,
        1.. => t,
        _ => t.wrapping_neg(),
    }
}
