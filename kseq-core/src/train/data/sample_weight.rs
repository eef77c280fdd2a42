//! What a sample counts for: `sample_weight` and `class_weight`, whose types the compiler checks
//! against the model's output.

use std::vec::Vec;

use super::arguments::argument;
use crate::base::sealed::Sealed;
use crate::error::Error;
use crate::tensor::Tensor;
use crate::text::Note;

/// A weight of a sample, for a model with outputs `Out`: an `f32`; or, if the output is a sequence
/// `[Row; T]`, one for each time step, `[f32; T]` (Keras's `sample_weight_mode = "temporal"`). There an `f32`
/// is an error before the first step, as in Keras 3.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::SampleWeight;
/// fn fits<Out: kseq::tensor::Tensor, W: SampleWeight<Out>>() {}
/// fits::<[f32; 10], f32>();
/// fits::<[[f32; 10]; 80], f32>();
/// fits::<[[f32; 10]; 80], [f32; 80]>();
/// ```
#[diagnostic::on_unimplemented(
    message = "sample weights of type `{Self}` do not fit the output `{Out}` of the model",
    label = "expected one `f32` for each sample",
    note = "a weight for each time step, `[f32; T]`, needs an output that is a sequence, `[[f32; N]; T]`: the last recurrent layer returns sequences"
)]
pub trait SampleWeight<Out: Tensor>: Tensor<Elem = f32> {}

#[diagnostic::do_not_recommend]
impl<Out: Tensor> SampleWeight<Out> for f32 {}
#[diagnostic::do_not_recommend]
impl<const N: usize, const T: usize> SampleWeight<[[f32; N]; T]> for [f32; T] {}
#[diagnostic::do_not_recommend]
impl<const N: usize, const W: usize, const T: usize> SampleWeight<[[[f32; N]; W]; T]>
    for [[f32; W]; T]
{
}

/// The weights of classes, for a model with outputs `Out` and targets `Y`: one for each class,
/// `[f32; N]` for `[f32; N]`, and `[f32; 2]` for a single output unit (class 0, class 1). `()` is none.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::ClassWeight;
/// // Class 2 counts twice, whether targets are class numbers or one-hot.
/// let weights = [1.0, 1.0, 2.0];
/// assert_eq!(ClassWeight::<[f32; 3], u32>::of(&weights, &2), 2.0);
/// assert_eq!(ClassWeight::<[f32; 3], [f32; 3]>::of(&weights, &[0.0, 1.0, 0.0]), 1.0);
/// assert_eq!(ClassWeight::<[f32; 1], [f32; 1]>::of(&[0.5, 3.0], &[1.0]), 3.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "class weights `{Self}` do not fit the output `{Out}` and targets `{Y}`",
    label = "expected one weight for each class",
    note = "`[f32; N]` for an output `[f32; N]` of N classes; `[f32; 2]` for one output unit; sequences have no class weights: use temporal sample weights"
)]
pub trait ClassWeight<Out: Tensor, Y>: Sealed + Send + Sync {
    /// Whether there are none.
    const NONE: bool = false;
    /// The weight of a target's class.
    fn of(&self, y: &Y) -> f32;
    /// What is wrong with the weights, if anything: asked before anything is trained.
    fn wrong(&self) -> Option<Note> {
        None
    }
}

/// What is wrong with weights of classes, if anything.
fn wrong(weights: &[f32]) -> Option<Note> {
    if weights.len() == 1 {
        // The compiler cannot tell one from other numbers of units here.
        let why = "one output unit has two classes: expected two weights, found one";
        return Some(Note::new().str(why));
    }
    let at = weights.iter().position(|w| !w.is_finite())?;
    let note = Note::new().str("expected finite weights, found ");
    let note = note.float(weights.get(at).copied().unwrap_or(f32::NAN));
    Some(note.str(" for class ").num(at))
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor, Y> ClassWeight<Out, Y> for () {
    const NONE: bool = true;

    fn of(&self, _: &Y) -> f32 {
        1.0
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> ClassWeight<[f32; N], u32> for [f32; N] {
    fn of(&self, y: &u32) -> f32 {
        // A class beyond the output is refused before any training.
        self.get(*y as usize).copied().unwrap_or(0.0)
    }

    fn wrong(&self) -> Option<Note> {
        wrong(self)
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> ClassWeight<[f32; N], [f32; N]> for [f32; N] {
    fn of(&self, y: &[f32; N]) -> f32 {
        let mut best = (0.0, f32::NEG_INFINITY);
        for (weight, &y) in self.iter().zip(y) {
            if y > best.1 {
                best = (*weight, y);
            }
        }
        best.0
    }

    fn wrong(&self) -> Option<Note> {
        wrong(self)
    }
}

#[diagnostic::do_not_recommend]
impl ClassWeight<[f32; 1], [f32; 1]> for [f32; 2] {
    fn of(&self, [y]: &[f32; 1]) -> f32 {
        let [no, yes] = *self;
        if *y > 0.5 { yes } else { no }
    }

    fn wrong(&self) -> Option<Note> {
        wrong(self)
    }
}

/// The weights of samples one after the other, whatever their type.
#[derive(Clone, Copy)]
pub(in crate::train) struct FlatWeights<'a> {
    pub values: &'a [f32],
    /// Of how many samples they are.
    pub samples: usize,
}

impl<'a> FlatWeights<'a> {
    pub fn of<W: Tensor<Elem = f32>>(weights: &'a [W]) -> Self {
        FlatWeights {
            values: W::flat(weights),
            samples: weights.len(),
        }
    }

    /// The weights, if there is one for each of `samples` samples, or for each row of their outputs `Out`, and they are
    /// finite. Of outputs of any length each step is a sample.
    pub fn checked<Out: Tensor>(
        self,
        name: &'static str,
        samples: usize,
    ) -> Result<&'a [f32], Error> {
        let found = self.samples;
        check_steps::<Out>(name, self.values, found)?;
        if found != samples {
            let why = Note::new()
                .str("expected one for each of the ")
                .num(samples);
            let why = why.str(match Out::OPEN {
                0 => " samples, found ",
                _ => " steps of all targets, found ",
            });
            let why = why.num(found);
            return Err(argument(name, why));
        }
        let each = self.values.len() / samples.max(1);
        let mut values = self.values.iter().enumerate();
        match values.find(|(_, weight)| !weight.is_finite()) {
            None => Ok(self.values),
            Some((at, weight)) => {
                let why = Note::new().str("expected finite weights, found ");
                let why = why.float(*weight).str(" for sample ");
                Err(argument(name, why.num(at / each.max(1))))
            }
        }
    }
}

/// Refuses one weight for all steps of an output that is a sequence, as Keras 3 does. `f32` fits every output, since it is
/// also the type of no weights.
pub(in crate::train) fn check_steps<Out: Tensor>(
    name: &'static str,
    weights: &[f32],
    samples: usize,
) -> Result<(), Error> {
    let steps = Out::SHAPE.dim(0);
    if Out::OPEN > 0 || Out::SHAPE.rank() < 2 || steps < 2 || weights.len() != samples {
        return Ok(());
    }
    let why = Note::new().str("expected one for each step, `[f32; ");
    let why = why.num(steps).str("]`: the output is a sequence");
    Err(argument(name, why))
}

/// The argument `sample_weight`, if it is given: one for each sample, or each step of it, finite. A negative one drives outputs away from its target, as in Keras.
pub(in crate::train) fn checked_sample_weight<Out: Tensor, W: Tensor<Elem = f32>>(
    weights: Option<&[W]>,
    samples: usize,
) -> Result<Option<&[f32]>, Error> {
    let weights = weights.map(FlatWeights::of);
    weights
        .map(|weights| weights.checked::<Out>("sample_weight", samples))
        .transpose()
}

/// The weights of classes are finite, and as many as there are classes.
pub(in crate::train) fn check_class_weight<Out: Tensor, Y, C: ClassWeight<Out, Y>>(
    class_weight: &C,
) -> Result<(), Error> {
    match class_weight.wrong() {
        None => Ok(()),
        Some(why) => Err(argument("class_weight", why)),
    }
}

/// The weights of samples times those of their classes; `None` if all count the same.
pub(in crate::train) fn combined<Out: Tensor, Y, C: ClassWeight<Out, Y>>(
    class_weight: &C,
    y: &[Y],
    sample_weight: Option<&[f32]>,
) -> Option<Vec<f32>> {
    if C::NONE {
        return sample_weight.map(<[f32]>::to_vec);
    }
    let Some(weights) = sample_weight else {
        return Some(y.iter().map(|y| class_weight.of(y)).collect());
    };
    let each = weights.len() / y.len().max(1);
    let rows = y.iter().zip(weights.chunks(each.max(1)));
    let weighted = rows.flat_map(|(y, w)| w.iter().map(|w| w * class_weight.of(y)));
    Some(weighted.collect())
}
