//! Where the terms of an `EinsumDense` lie.

use crate::shape::Shape;

/// A letter of the equation: its size, and how far it is from one place to the next in each array; 0 in one that lacks it.
#[derive(Clone, Copy)]
pub(super) struct Letter {
    pub(super) size: usize,
    pub(super) input: usize,
    pub(super) kernel: usize,
    pub(super) output: usize,
}

/// What an equation comes to for samples of a shape.
#[derive(Clone, Copy)]
pub struct Plan {
    pub(super) letters: [Letter; 8],
    pub(super) count: usize,
    pub(super) input: Shape,
    pub(super) kernel: Shape,
    pub(super) output: Shape,
    pub(super) bias: Shape,
    /// The axis of the output that the first one of the bias is.
    pub(super) bias_first: usize,
    /// Terms and columns, where it is a product of matrices as they lie.
    pub(super) product: Option<[usize; 2]>,
    pub(super) fans: (usize, usize),
}

impl Plan {
    /// A plan of nothing, where the rule refuses.
    pub(super) const NONE: Self = Plan {
        letters: [Letter {
            size: 0,
            input: 0,
            kernel: 0,
            output: 0,
        }; 8],
        count: 0,
        input: Shape::new(&[0]),
        kernel: Shape::new(&[0]),
        output: Shape::new(&[0]),
        bias: Shape::new(&[0]),
        bias_first: 0,
        product: None,
        fans: (0, 0),
    };

    pub(super) const fn product(&self) -> Option<[usize; 2]> {
        self.product
    }

    pub(super) const fn fans(&self) -> (usize, usize) {
        self.fans
    }

    pub(super) const fn input_len(&self) -> usize {
        match self.input.len() {
            Some(len) => len,
            None => 0,
        }
    }

    pub(super) const fn output_len(&self) -> usize {
        match self.output.len() {
            Some(len) => len,
            None => 0,
        }
    }

    /// The products of a sample.
    pub(super) fn products(&self) -> usize {
        let letters = self.letters.iter().take(self.count);
        letters.map(|letter| letter.size).product()
    }

    /// Calls `f` with the places in input, kernel and output of each product of a sample.
    #[inline(always)]
    pub(super) fn each(&self, mut f: impl FnMut(usize, usize, usize)) {
        let Some((letters, last)) = self
            .letters
            .get(..self.count)
            .and_then(|all| all.split_last())
            .map(|(last, before)| (before, last))
        else {
            return;
        };
        let outer: usize = letters.iter().map(|letter| letter.size).product();
        for i in 0..outer {
            let (mut rest, mut x, mut w, mut y) = (i, 0, 0, 0);
            for letter in letters.iter().rev() {
                let at = rest % letter.size;
                rest /= letter.size;
                x += at * letter.input;
                w += at * letter.kernel;
                y += at * letter.output;
            }
            for at in 0..last.size {
                f(
                    x + at * last.input,
                    w + at * last.kernel,
                    y + at * last.output,
                );
            }
        }
    }

    /// The element of the bias for an element of the output.
    pub(super) fn bias_at(&self, element: usize) -> usize {
        let (mut rest, mut at, mut stride) = (element, 0, 1);
        for axis in (0..self.output.rank()).rev() {
            let size = self.output.dim(axis).max(1);
            let place = rest % size;
            rest /= size;
            if let Some(own) = axis.checked_sub(self.bias_first) {
                let own = self.bias.dim(own);
                at += if own > 1 { place * stride } else { 0 };
                stride *= own.max(1);
            }
        }
        at
    }
}
