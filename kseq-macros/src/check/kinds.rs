//! What an argument takes, by an example.

use kseq_catalogue::Kind;

/// A value, as a user would write it.
pub fn example(kind: Kind) -> String {
    match kind {
        Kind::Size => "10".to_owned(),
        Kind::Sizes(_) | Kind::SizesLike(..) => "3".to_owned(),
        Kind::Margins(_) | Kind::Extra(_) => "1".to_owned(),
        Kind::Permutation => "(2, 1)".to_owned(),
        Kind::TargetShape => "(7, -1)".to_owned(),
        Kind::NoiseShape => "(None, 1, None)".to_owned(),
        Kind::Seed => "1".to_owned(),
        Kind::Axis | Kind::Axes | Kind::AxesOrNone => "-1".to_owned(),
        Kind::Real => "0.5".to_owned(),
        Kind::Flag => "true".to_owned(),
        Kind::Activation => "\"relu\"".to_owned(),
        Kind::Initializer => "\"glorot_uniform\"".to_owned(),
        Kind::Regularizer => "L2(0.01)".to_owned(),
        Kind::Constraint => "MaxNorm(2.0)".to_owned(),
        Kind::Layer => "Dense(8)".to_owned(),
        Kind::Function => "|x| x * x".to_owned(),
        Kind::Layers => "[Dense(8)]".to_owned(),
        Kind::Word(words) => format!("{:?}", words.known.first().unwrap_or(&"")),
        Kind::OneOf(numbers) => (*numbers.first().unwrap_or(&"0")).to_owned(),
        Kind::Later | Kind::Fixed(_) => "None".to_owned(),
        Kind::In(_) | Kind::InOrNone(_) | Kind::Several(_) | Kind::LearningRate => "0.5".to_owned(),
        Kind::Whole(_) | Kind::Thresholds => "1000".to_owned(),
        Kind::Classes => "3".to_owned(),
        Kind::Switch => "true".to_owned(),
        Kind::Reals => "[0.1, 0.01]".to_owned(),
        Kind::Dict(keys) => format!("{{{:?}: 0.5}}", keys.first().unwrap_or(&"")),
        Kind::Wholes => "[1000]".to_owned(),
        Kind::Ids => "[0, 1]".to_owned(),
        Kind::Names => "[\"dense_2\"]".to_owned(),
        Kind::Name => "\"my_name\"".to_owned(),
        Kind::Dtype => "\"float32\"".to_owned(),
    }
}
