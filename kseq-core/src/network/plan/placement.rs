//! Where a layer works in a training step.

use super::groups::Group;

/// Where the output and the cache of a layer lie in the tape; all numbers are `f32`s a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Where the output begins.
    pub y: usize,
    /// The output's length.
    pub len: usize,
    /// Where the cache begins.
    pub cache: usize,
    /// The cache's length.
    pub cache_len: usize,
    /// Where the layer's parameters begin among those of the model, and how many there are.
    pub params: (usize, usize),
    /// The same for what training updates without a gradient.
    pub state: (usize, usize),
    /// Whether the output lies where the input lay.
    pub aliased: bool,
    /// Whether a layer wrote there that gives no gradient to what is not positive, and none that gives it.
    pub positive: bool,
    /// The layers from this one on that run together, if a group begins here.
    pub group: Group,
    /// Whether the layer can do the backward pass of a pooling that follows.
    pub unpools: bool,
    /// Whether the layer can do the end of the backward pass of a normalization that follows.
    pub undoes: bool,
    /// Whether the layer is a normalization that does what the `relu` does which follows, forth and back.
    pub rectified: bool,
    /// Whether the layer can update its parameters without memory for their gradient.
    pub streams: bool,
}

impl Placement {
    /// That of a layer without any.
    pub(crate) const NONE: Placement = Placement {
        y: 0,
        len: 0,
        cache: 0,
        cache_len: 0,
        params: (0, 0),
        state: (0, 0),
        aliased: false,
        positive: false,
        group: Group {
            until: 0,
            samples: 0,
        },
        unpools: false,
        undoes: false,
        rectified: false,
        streams: false,
    };
}
