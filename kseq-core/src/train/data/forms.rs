//! In which form data are given: one sample or several, and what a prediction gives for it.

use std::vec::Vec;

use crate::base::whole::Whole;
use crate::tensor::Tensor;

/// The outputs of a prediction: one for each sample, or of axes of any length all steps of each.
#[derive(Debug)]
pub struct Outputs<Out> {
    /// One after the other.
    pub(in crate::train) steps: Vec<Out>,
    /// The lengths of each, if the outputs have axes of any length.
    pub(in crate::train) lengths: Vec<[usize; 2]>,
}

impl<Out> Outputs<Out> {
    /// Each of them is all of an output.
    pub(in crate::train) fn rows(rows: Vec<Out>) -> Self {
        Outputs {
            steps: rows,
            lengths: Vec::new(),
        }
    }

    /// Calls `f` with the steps of each output.
    fn whole<W>(&self, f: impl Fn(&[Out], [usize; 2]) -> W) -> Vec<W>
    where
        Out: Tensor,
    {
        if Out::OPEN == 0 {
            return self.steps.chunks(1).map(|one| f(one, [1; 2])).collect();
        }
        let mut rest = &self.steps[..];
        let lengths = self.lengths.iter();
        let each = lengths.map(|lengths| {
            let (steps, others) = rest.split_at(lengths[0] * lengths[1]);
            rest = others;
            f(steps, *lengths)
        });
        each.collect()
    }
}

/// What a prediction gives for data of this form.
pub trait Form {
    /// If for each sample it is an `Out`.
    type For<Out: Tensor>;
    /// Of all outputs.
    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out>;
}

/// Data of which a model trains.
#[diagnostic::on_unimplemented(
    message = "this is one sample of any length, but a model takes several",
    label = "one sample",
    note = "put it into an array: `&[x]`"
)]
pub trait IsSeveral {}

/// Samples.
#[derive(Debug)]
pub struct Several;
/// A sample by itself.
#[derive(Debug)]
pub struct One;
/// Sequences of any lengths.
#[derive(Debug)]
pub struct Sequences;
/// A sequence of any length.
#[derive(Debug)]
pub struct OneSequence;
/// Images of any size.
#[derive(Debug)]
pub struct Images;
/// An image of any size.
#[derive(Debug)]
pub struct OneImage;

#[diagnostic::do_not_recommend]
impl IsSeveral for Several {}
#[diagnostic::do_not_recommend]
impl IsSeveral for Sequences {}
#[diagnostic::do_not_recommend]
impl IsSeveral for Images {}

impl Form for Several {
    type For<Out: Tensor> = Vec<Out>;

    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Vec<Out> {
        outputs.steps
    }
}

impl Form for One {
    type For<Out: Tensor> = Out;

    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Out {
        outputs.steps.first().copied().unwrap_or(Out::ZERO)
    }
}

impl Form for Sequences {
    type For<Out: Tensor> = Vec<<Out as Whole>::Sequence>;

    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out> {
        outputs.whole(|steps, _| Out::sequence(steps))
    }
}

impl Form for OneSequence {
    type For<Out: Tensor> = <Out as Whole>::Sequence;

    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out> {
        Out::sequence(&outputs.steps)
    }
}

impl Form for Images {
    type For<Out: Tensor> = Vec<<Out as Whole>::Image>;

    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out> {
        outputs.whole(|pixels, size| Out::image(pixels, size))
    }
}

impl Form for OneImage {
    type For<Out: Tensor> = <Out as Whole>::Image;

    fn give<Out: Tensor>(outputs: Outputs<Out>) -> Self::For<Out> {
        let size = outputs.lengths.first().copied().unwrap_or([1; 2]);
        Out::image(&outputs.steps, size)
    }
}
