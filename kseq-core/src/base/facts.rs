//! What layers, activations and optimizers say of themselves: words that the plan of a model is made of.

/// How much of its own output a layer's backward pass needs.
///
/// A following in-place layer may overwrite an output that is not needed, and scale one of which
/// only the sign is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Reads {
    /// Nothing.
    Nothing,
    /// Whether each value is positive; of those that are not, the gradient becomes 0 (relu).
    Positive,
    /// Whether each value is positive.
    Sign,
    /// The values.
    Values,
}

/// What becomes of the mask of a sequence: of which steps are padding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Mask {
    /// The first layer makes it of the model's tokens: 0 is padding.
    Makes,
    /// The layer finds one in its values, whatever came before: it says so by [`Ctx::find_mask`](crate::layer::Ctx::find_mask).
    Finds,
    /// It goes on to the next layer.
    Keeps,
    /// It ends here.
    Drops,
}

impl Mask {
    /// Whether there is a mask behind layers with these, from the first one on.
    #[must_use]
    pub const fn reaches(before: &[Mask]) -> bool {
        let (mut masked, mut i) = (false, 0);
        while i < before.len() {
            masked = match before[i] {
                Mask::Makes => i == 0,
                Mask::Finds => true,
                Mask::Keeps => masked,
                Mask::Drops => false,
            };
            i += 1;
        }
        masked
    }
}

/// Which mask there is between two layers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Masked {
    /// None.
    Not,
    /// That of the model's tokens.
    Tokens,
    /// The last one that a layer has found.
    Found,
}

/// In which passes a layer works sample by sample: its output for one does not depend on the others, and it is as fast
/// without them.
///
/// Several such layers take a few samples at a time, one layer after the other, so that what they give each other stays
/// in the cache. A layer whose parameters are large wants the whole batch at once, for which they are read only once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum SampleWise {
    /// In none.
    Never,
    /// In a prediction. Training looks at the whole batch (for statistics, or random numbers).
    Inference,
    /// Also in the forward pass of training, where the cache holds the values of one sample after those of another.
    Always,
}

/// The stage of a layer in a pipeline that takes a single sample by parts in a prediction.
///
/// The rows that a convolution has just computed go through what follows to a [`Dense`](crate::layers::Dense), while the
/// next ones are computed and the weights for them are on their way. No result depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Stage {
    /// Not at all.
    None,
    /// Computes any of so many rows of its output alone.
    Source(usize),
    /// Computes of new values of its input all that needs no later ones.
    Through,
    /// Adds new values of its input to its sums, and finishes them with the last one.
    Sink,
}

/// What an optimizer needs of a gradient that is a sum over occurrences: the table of an `Embedding`
/// gets a gradient for each time that a batch names a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Occurrences {
    /// Their sum is enough.
    Sum,
    /// Also the sum of their squares, where Keras on TensorFlow squares each by itself.
    Squares,
    /// Also the sum of their absolute values.
    Sizes,
}

/// How a layer works when the steps of a sequence come one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Streaming {
    /// Whether it can: its output at a step depends on that step and those before it.
    pub causal: bool,
    /// The `f32`s that it keeps of the steps before.
    pub state: usize,
    /// The `f32`s of its output at a step.
    pub output: usize,
    /// The `f32`s that it needs while it runs.
    pub scratch: usize,
    /// After how many further steps its first output comes.
    pub delay: usize,
    /// From one output to the next, in steps.
    pub every: usize,
    /// The flags of a mask that it finds, and one value more.
    pub mask: usize,
}

impl Streaming {
    /// A layer that looks at the whole sequence, or at what comes later.
    pub const NEVER: Self = Streaming {
        causal: false,
        ..Streaming::step(0, 0)
    };

    /// A layer that works on each step by itself.
    #[must_use]
    pub const fn step(output: usize, scratch: usize) -> Self {
        Streaming {
            causal: true,
            state: 0,
            output,
            scratch,
            delay: 0,
            every: 1,
            mask: 0,
        }
    }
}
