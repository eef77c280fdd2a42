//! The shape rules of all layers against brute force and Keras's formulas: random inputs of 0 to 5 axes, sizes from 0 to the
//! end of the address space, axes of any length, and random arguments.
//!
//! A rule never panics. It gives the shape that Keras gives, or refuses and says why; it refuses what has no output, and
//! nothing else, unless a size of the case is so large that there is no memory for it.
#![expect(clippy::result_large_err, reason = "a refusal has its text in it")]

mod draw;
mod equations;
mod others;
mod rules;
mod windows;

use kseq::__core::layers::{
    OutputMode, dense, einsum_dense, encoding, lambda, multi_head_attention, permute, prelu,
    softmax,
};
use kseq::__core::shape::Shape;

use draw::{Case, Draw};
use rules::case;

/// Layers without a rule of their own: it is that of the layers in them.
const OF_OTHERS: [&str; 2] = ["Sequential", "SpectralNormalization"];

/// What is wrong with an answer, if anything.
fn wrong((answer, wanted): &Case, d: &Draw) -> Option<String> {
    let Ok(answer) = answer else {
        return Some("it panics".to_owned());
    };
    if let Err(refusal) = answer {
        // What the layers behind are judged by.
        if let Some(then) = refusal
            .then
            .filter(|then| d.is_sample && !(1..=4).contains(&then.rank()))
        {
            return Some(format!("it would go on with {then}"));
        }
    } else if !d.is_sample {
        return None;
    }
    let is_small = d.is_small && d.is_sample;
    match (answer, wanted) {
        (Ok(shape), None) => Some(format!("it gives {shape}, where there is none")),
        (Ok(shape), Some(wanted)) => {
            let given: Vec<u128> = shape.dims().iter().map(|dim| *dim as u128).collect();
            (given != *wanted).then(|| format!("it gives {given:?}, not {wanted:?}"))
        }
        (Err(refusal), Some(wanted)) if is_small => {
            let why = refusal.what.as_str();
            Some(format!("it refuses what gives {wanted:?}: {why}"))
        }
        (Err(refusal), _) => {
            let says = !refusal.what.as_str().is_empty() && !refusal.help.as_str().is_empty();
            (!says).then(|| "it refuses without a reason".to_owned())
        }
    }
}

#[test]
fn rules_give_what_brute_force_gives() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |n| n.parse().expect("a number"))
    };
    let (seed, cases) = (number("KSEQ_SEED", 0), number("KSEQ_CASES", 300));
    let rows = kseq_catalogue::layers().filter(|row| !OF_OTHERS.contains(&row.class));
    let (mut given, mut refused) = (0_u64, 0_u64);
    for row in rows {
        let (mut taken, class) = (0, row.class);
        for seed in seed..seed + cases {
            let mut d = Draw {
                state: seed,
                is_small: true,
                is_sample: true,
                said: Vec::new(),
            };
            let case = case(class, &mut d).unwrap_or_else(|| panic!("no rule is known of {class}"));
            if let Some(why) = wrong(&case, &d) {
                panic!("{class} of {} (KSEQ_SEED={seed}): {why}", d.said.join(", "));
            }
            match case.0 {
                Ok(Ok(_)) => taken += 1,
                _ => refused += 1,
            }
        }
        assert!(taken > 0 || cases < 100, "{class}: nothing was taken");
        given += taken;
    }
    println!("{given} shapes, {refused} refusals");
}

/// What the cases above have found, once more by itself.
#[test]
fn what_was_found() {
    let none = Shape::NONE;
    let attention = |dims: &[usize], sizes, output: Option<&[Option<usize>]>, axes: &[isize]| {
        multi_head_attention::shape(Shape::new(dims), sizes, output, axes, false)
    };
    // Features of any number were taken, and weights of as many were made.
    assert!(attention(&[none, none], [1, 2, 2], None, &[]).is_err());
    assert!(multi_head_attention::group_shape(Shape::new(&[none, none]), [2, 2, 1]).is_err());
    // Three axes from the first to the third, but not three of them.
    assert!(attention(&[2, 3, 4, 5], [1, 2, 2], None, &[1, 1, 3]).is_err());
    // What the layers behind are judged by has five axes.
    let two: &[Option<usize>] = &[Some(2), Some(3)];
    let refusal = attention(&[2, 3, 4, 5], [0, 2, 2], Some(two), &[]).unwrap_err();
    assert!(refusal.then.is_none());
    let refusal = lambda::declared(Shape::new(&[4]), &[]).unwrap_err();
    assert!(refusal.then.is_none());
    // The number of elements overflows before the axis without a size.
    let declared = [Some(usize::MAX), Some(2), None];
    assert!(lambda::declared(Shape::new(&[4]), &declared).is_err());
    // Products overflowed where the kernel has no place.
    let huge = [Some(1 << 61)];
    assert!(einsum_dense::shape(Shape::new(&[3, 1, 8]), "abcd,bcdx->ax", &huge, "").is_err());
    let open = Shape::new(&[none, none]);
    let empty = einsum_dense::weights(open, "abc,bcx->ax", &[Some(9)], "");
    assert!(empty.iter().all(|weight| weight.len() == Some(0)));
    // No samples at all.
    for dims in [&[][..], &[1, 2, 3, 4, 5]] {
        let shape = Shape::new(dims);
        assert!(dense::shape(shape, 1).is_err() && permute::shape(shape, &[]).is_err());
        assert!(softmax::shape(shape, &[-1]).is_err() && prelu::shape(shape, &[]).is_err());
        assert!(encoding::category_shape(shape, 3, OutputMode::Int).is_err());
    }
}
