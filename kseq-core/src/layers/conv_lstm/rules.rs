//! The rule of the shapes of `ConvLSTM1D` and `ConvLSTM2D`.

use crate::layers::rules::with_batch;
use crate::layers::window::{self, Window};
use crate::shape::{Elem, MAX_RANK, Refusal, Rule, Shape};
use crate::text::Text;

/// The shape rule: each step as the window of a convolution leaves it, all of them or the last one.
pub const fn shape<const N: usize>(
    input: Shape,
    filters: usize,
    kernel_size: [usize; N],
    window: &Window<N>,
    return_sequences: bool,
) -> Rule {
    if let Elem::U32 = input.elem() {
        let what = named::<N>()
            .str(" expects f32 features, found integer tokens ")
            .text(&input.text());
        return Err(Refusal::new(
            what,
            "take it for sequences of images or rows of features",
        ));
    }
    if input.rank() != N + 2 {
        let what = named::<N>()
            .str(" expects ndim=")
            .num(N + 3)
            .str(match N {
                1 => " (batch, steps, width, channels), found ndim=",
                _ => " (batch, steps, height, width, channels), found ndim=",
            })
            .num(input.rank() + 1)
            .str(", full shape received: ")
            .text(&with_batch(input));
        let help = match N {
            1 => "declare input_shape = (steps, width, channels), or put a Reshape before it",
            _ => {
                "declare input_shape = (steps, height, width, channels), or put a Reshape before it"
            }
        };
        return Err(Refusal::new(what, help));
    }
    if input.is_open(1) {
        let what = named::<N>()
            .str(" needs the size of every axis but the steps, found ")
            .text(&input.text());
        let help = "its state has one size: input_shape = (None, 28, 28, 3)";
        return Err(Refusal::new(what, help));
    }
    let Some(columns) = filters.checked_mul(4) else {
        let what = Text::new().str("its kernels are larger than the address space");
        return Err(Refusal::new(what, "use fewer filters"));
    };
    let each = match window::shape(input.unstacked(), columns, kernel_size, window) {
        Ok(each) => each.with_last(filters),
        Err(refusal) => {
            let what = Text::new().str("in each step, ").text(&refusal.what);
            return Err(Refusal {
                what,
                then: None,
                ..refusal
            });
        }
    };
    // The memory of a sequence has at most 12 values for each output.
    let steps = if input.is_open(0) { 1 } else { input.dim(0) };
    let slab = match each.len() {
        Some(len) => Shape::new(&[steps.saturating_add(1), len, 12]).len(),
        None => None,
    };
    if slab.is_none() {
        let what = Text::new().str("what it keeps of a sample is larger than the address space");
        return Err(Refusal::new(what, "use fewer filters or smaller images"));
    }
    Ok(match return_sequences {
        true if each.rank() < MAX_RANK => each.stacked(input.dim(0)),
        _ => each,
    })
}

const fn named<const N: usize>() -> Text {
    Text::new().str("ConvLSTM").num(N).str("D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_a_convolution() {
        let input = Shape::new(&[5, 8, 6, 3]);
        let of = |all| shape(input, 7, [3, 3], &Window::DEFAULT, all).expect("fits");
        assert_eq!(of(true), Shape::new(&[5, 6, 4, 7]));
        assert_eq!(of(false), Shape::new(&[6, 4, 7]));
        let row = shape(input.unstacked(), 2, [3], &Window::DEFAULT, false);
        assert_eq!(row.expect("fits"), Shape::new(&[4, 2]));
        assert!(shape(input, 7, [9, 3], &Window::DEFAULT, true).is_err());
        assert!(shape(input, 0, [3, 3], &Window::DEFAULT, true).is_err());
        assert!(shape(input.unstacked(), 7, [3, 3], &Window::DEFAULT, true).is_err());
    }
}
