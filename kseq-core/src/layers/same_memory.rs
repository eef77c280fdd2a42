//! Layers whose output has the values of the input, in another shape or under another name.

/// Implements `InPlace` for a layer that gives the same values another shape: nothing is to be done.
macro_rules! same_memory {
    ($layer:ty) => {
        $crate::layers::same_memory::same_memory!($layer, $crate::facts::Mask::Drops);
    };
    ($layer:ty, $mask:expr) => {
        impl $crate::layer::InPlace for $layer {
            type Params = $crate::params::NoParams;
            type State = $crate::params::NoParams;
            const READS_OUTPUT: $crate::facts::Reads = $crate::facts::Reads::Nothing;
            const KEEPS_SIGN: bool = true;
            const MASK: $crate::facts::Mask = $mask;
            const SAMPLE_WISE: $crate::facts::SampleWise = $crate::facts::SampleWise::Always;
            const POINTWISE: bool = true;

            fn infer_in_place(
                &self,
                _: &Self::Params,
                _: &Self::State,
                _: &mut [f32],
                _: usize,
                _: &$crate::layer::Ctx<'_>,
            ) {
            }

            fn backward_in_place(
                &self,
                _: &Self::Params,
                _: $crate::layer::BackwardInPlace<'_>,
                _: &mut Self::Params,
                _: &$crate::layer::Ctx<'_>,
            ) {
            }
        }
    };
}
pub(crate) use same_memory;
