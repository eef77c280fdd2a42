//! Metrics with one implementation, which the compiler would show beside an error, some lines of the library's code that
//! help nobody. Of several it shows none: so each has one more, with a bound that nothing fulfils.

use super::{
    AUC, BinaryAccuracy, BinaryIoU, CategoricalAccuracy, ConcordanceCorrelation, F1Score,
    FBetaScore, FalseNegatives, FalsePositives, Function, MeanMetricWrapper, Metric, MultiLabelAUC,
    Named, PearsonCorrelation, Precision, PrecisionAtRecall, R2Score, Recall, RecallAtPrecision,
    RootMeanSquaredError, SensitivityAtSpecificity, SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy, SpecificityAtSensitivity, TopKCategoricalAccuracy,
    TrueNegatives, TruePositives, Weighted,
};
use crate::base::words::{Never, Nobody};

macro_rules! alone {
    ($y:ty: $($metric:ty $([$($n:tt)*])?,)*) => {
        $(
            #[doc(hidden)]
            #[diagnostic::do_not_recommend]
            impl$(<$($n)*>)? Metric<[f32; 0], $y> for $metric
            where
                for<'w> Nobody: Never<'w>,
            {
                fn name(&self) -> &'static str {
                    ""
                }

                fn update(&mut self, _: &[[f32; 0]], _: &[$y], _: Option<&[f32]>) {}

                fn result(&self) -> f32 {
                    0.0
                }

                fn state(&mut self) -> &mut [f64] {
                    &mut []
                }
            }
        )*
    };
}
alone! { u32:
    AUC<N> [const N: usize],
    BinaryAccuracy,
    BinaryIoU,
    CategoricalAccuracy,
    ConcordanceCorrelation,
    F1Score<N> [const N: usize],
    FBetaScore<N> [const N: usize],
    FalseNegatives<T> [const T: usize],
    FalsePositives<T> [const T: usize],
    Function<Nobody>,
    MeanMetricWrapper<Nobody>,
    MultiLabelAUC<N, L> [const N: usize, const L: usize],
    Named<Nobody>,
    PearsonCorrelation,
    Precision<T> [const T: usize],
    PrecisionAtRecall<N> [const N: usize],
    R2Score<N> [const N: usize],
    Recall<T> [const T: usize],
    RecallAtPrecision<N> [const N: usize],
    RootMeanSquaredError,
    SensitivityAtSpecificity<N> [const N: usize],
    SpecificityAtSensitivity<N> [const N: usize],
    TopKCategoricalAccuracy,
    TrueNegatives<T> [const T: usize],
    TruePositives<T> [const T: usize],
    Weighted<Nobody>,
}
alone! { [f32; 0]:
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
}
