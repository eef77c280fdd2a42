//! What losses have in common: the option `reduction`.

/// The method `reduction` of a loss with a field of that name.
macro_rules! reduction {
    () => {
        /// How the rows' losses become one number; default
        /// [`SumOverBatchSize`](crate::losses::Reduction::SumOverBatchSize).
        #[must_use]
        pub const fn reduction(mut self, reduction: $crate::losses::Reduction) -> Self {
            self.reduction = reduction;
            self
        }
    };
}

/// A loss without options besides `reduction`.
macro_rules! plain_loss {
    ($(#[$doc:meta])* $loss:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
        pub struct $loss {
            reduction: $crate::losses::Reduction,
        }

        impl $loss {
            /// With Keras's default reduction.
            #[must_use]
            pub const fn new() -> Self {
                $loss {
                    reduction: $crate::losses::Reduction::SumOverBatchSize,
                }
            }

            $crate::losses::plain::reduction!();
        }
    };
}

pub(super) use {plain_loss, reduction};
