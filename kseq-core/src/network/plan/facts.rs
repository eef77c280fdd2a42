//! What the plan of a model needs to know of each layer.

use crate::facts::{Mask, Reads, SampleWise, Stage};
use crate::fusion::Fusion;
use crate::kernels::walk::Walk;
use crate::layer::{InPlace, Layer};
use crate::params::Flat;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What the plan needs to know of a layer.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub(super) out: usize,
    /// The last axes of the output: a mask has a flag for each.
    pub(super) rows: usize,
    /// Its shape, with axes of any length that are 1.
    pub(super) shape: Shape,
    pub(super) cache: usize,
    pub(super) scratch: usize,
    pub(super) infer_scratch: usize,
    pub(super) stateful: bool,
    pub(super) params: usize,
    pub(super) state: usize,
    pub(super) in_place: bool,
    pub(super) reads_output: Reads,
    pub(super) keeps_sign: bool,
    pub(super) mask: Mask,
    pub(super) sample_wise: SampleWise,
    pub(super) stage: Stage,
    pub(super) macs: usize,
    pub(super) pools: bool,
    pub(super) unpools: bool,
    pub(super) streams: bool,
    /// See [`Fusion::GOES_ON`] and [`Fusion::THEN`].
    pub(super) goes_on: bool,
    pub(super) then: usize,
    /// See [`Fusion::RECTIFIES`] and [`Fusion::UNDOES`], and whether this is the `relu`.
    pub(super) rectifies: bool,
    pub(super) undoes: bool,
    pub(super) is_relu: bool,
    pub(super) walk: Option<Walk>,
    pub(super) rises: bool,
    pub(super) penalized: bool,
    pub(super) repeats: bool,
    pub(super) frozen: bool,
}

impl Facts {
    /// The facts of layer `L` between samples `In` and `Out`.
    #[must_use]
    pub const fn of<L: Fusion<In, Out>, In: Tensor, Out: Tensor>() -> Self {
        Facts {
            out: Out::LEN,
            rows: rows::<Out>(),
            shape: Out::SHAPE.with_open([1; 2]),
            cache: L::CACHE,
            scratch: L::SCRATCH,
            infer_scratch: L::INFER_SCRATCH,
            stateful: L::STATEFUL,
            params: <L::Params as Flat>::LEN,
            state: <L::State as Flat>::LEN,
            in_place: false,
            reads_output: L::READS_OUTPUT,
            keeps_sign: false,
            mask: L::MASK,
            sample_wise: L::SAMPLE_WISE,
            stage: L::STAGE,
            macs: L::MACS,
            pools: L::POOLS,
            unpools: L::UNPOOLS,
            streams: L::STREAMS,
            goes_on: L::GOES_ON,
            then: L::THEN,
            rectifies: L::RECTIFIES,
            undoes: L::UNDOES,
            is_relu: false,
            walk: None,
            rises: false,
            penalized: L::SCORES,
            repeats: L::REPEATS,
            frozen: false,
        }
    }

    /// The facts of a layer that may run in place.
    #[must_use]
    pub const fn in_place<L, In, Out>() -> Self
    where
        L: InPlace,
        In: Tensor<Elem = f32>,
        Out: Tensor<Elem = f32>,
    {
        Facts {
            out: Out::LEN,
            rows: rows::<Out>(),
            shape: Out::SHAPE.with_open([1; 2]),
            cache: <L as Layer<In, Out>>::CACHE,
            scratch: 0,
            infer_scratch: 0,
            stateful: false,
            params: <<L as InPlace>::Params as Flat>::LEN,
            state: <<L as InPlace>::State as Flat>::LEN,
            in_place: true,
            reads_output: <L as InPlace>::READS_OUTPUT,
            keeps_sign: L::KEEPS_SIGN,
            mask: <L as InPlace>::MASK,
            sample_wise: <L as InPlace>::SAMPLE_WISE,
            stage: <L as Fusion<In, Out>>::STAGE,
            macs: 0,
            pools: false,
            unpools: false,
            streams: false,
            goes_on: false,
            then: 0,
            rectifies: false,
            undoes: false,
            is_relu: L::IS_RELU,
            walk: None,
            rises: L::RISES,
            penalized: false,
            repeats: <L as Fusion<In, Out>>::REPEATS,
            frozen: false,
        }
    }

    /// The facts of a layer that needs more memory.
    #[must_use]
    pub(crate) const fn more(mut self, cache: usize, scratch: usize, infer_scratch: usize) -> Self {
        self.cache += cache;
        self.scratch += scratch;
        self.infer_scratch += infer_scratch;
        self
    }

    /// The facts of a layer that goes over windows.
    #[must_use]
    pub const fn walk(mut self, walk: Walk) -> Self {
        self.walk = Some(walk);
        self
    }

    /// The facts of a layer that training may leave alone.
    #[must_use]
    pub const fn frozen(mut self, frozen: bool) -> Self {
        self.frozen = frozen;
        self
    }

    /// Whether the layer does in training what it does in a prediction, and nothing asks what it did.
    pub(super) const fn predicts(&self) -> bool {
        let trained = self.params > 0 || self.state > 0;
        self.repeats && (self.frozen || !trained) && !self.stateful && !self.penalized
    }

    /// The facts of a layer whose output has a penalty: its gradient is computed from the output, and it is a sum over the
    /// whole batch.
    #[must_use]
    pub const fn penalized(mut self) -> Self {
        self.sample_wise = SampleWise::Never;
        self.stage = Stage::None;
        self.pools = false;
        self.unpools = false;
        self.goes_on = false;
        self.rectifies = false;
        self.undoes = false;
        self.reads_output = Reads::Values;
        self.penalized = true;
        self
    }
}

/// The last axes of a sample.
const fn rows<T: Tensor>() -> usize {
    match T::SHAPE.last() {
        0 => 0,
        last => T::LEN / last,
    }
}

/// A layer for the tests of a plan.
#[cfg(test)]
pub(super) const fn facts(
    out: usize,
    in_place: bool,
    reads_output: Reads,
    keeps_sign: bool,
) -> Facts {
    Facts {
        out,
        rows: 0,
        shape: Shape::new(&[]),
        cache: 0,
        scratch: 0,
        infer_scratch: 0,
        stateful: false,
        params: 0,
        state: 0,
        in_place,
        reads_output,
        keeps_sign,
        mask: Mask::Drops,
        sample_wise: SampleWise::Never,
        stage: Stage::None,
        macs: 0,
        pools: false,
        unpools: false,
        streams: false,
        goes_on: false,
        then: 0,
        rectifies: false,
        undoes: false,
        is_relu: false,
        walk: None,
        rises: false,
        penalized: false,
        repeats: false,
        frozen: false,
    }
}
