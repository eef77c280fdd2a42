//! How messages describe what an argument takes.

use kseq_catalogue::Kind;

/// `a positive integer`
pub fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Size => "a positive integer",
        Kind::Sizes(1) | Kind::SizesLike(1, _) => "a positive integer, or a tuple such as (3,)",
        Kind::Sizes(2) | Kind::SizesLike(2, _) => "a positive integer, or a tuple such as (3, 3)",
        Kind::Sizes(_) | Kind::SizesLike(..) => "a positive integer, or a tuple such as (3, 3, 3)",
        Kind::Margins(1) => "a number, or a tuple such as (1, 2)",
        Kind::Margins(_) => "a number, or a tuple such as ((1, 2), (3, 4))",
        Kind::Permutation => "a tuple of positive integers such as (2, 1)",
        Kind::TargetShape => {
            "a tuple of positive integers such as (7, 7, 64), one of which may be -1"
        }
        Kind::Axis => "an integer such as -1",
        Kind::Axes => "an integer such as -1, or a tuple of them",
        Kind::Real => "a number",
        Kind::Flag => "`true` or `false`",
        Kind::Activation => "an activation",
        Kind::Initializer => "an initializer",
        Kind::Regularizer => "a regularizer",
        Kind::Constraint => "a constraint",
        Kind::Layer => "a layer",
        Kind::Word(_) => "a string",
        Kind::Later => "`None`",
        Kind::In(_) | Kind::InOrNone(_) => "a number",
        Kind::Whole(_) | Kind::Thresholds | Kind::Classes => "a whole number",
        Kind::LearningRate => "a number or a schedule",
        Kind::Switch => "`true` or `false`",
        Kind::Several(_) => "a number or a list of numbers",
        Kind::Reals | Kind::Wholes => "a list of numbers",
        Kind::Ids => "a list of class numbers",
        Kind::Name | Kind::Dtype => "a string",
        Kind::Fixed(why) => why,
    }
}

/// A value, as a user would write it.
pub fn example(kind: Kind) -> String {
    match kind {
        Kind::Size => "10".to_owned(),
        Kind::Sizes(_) | Kind::SizesLike(..) => "3".to_owned(),
        Kind::Margins(_) => "1".to_owned(),
        Kind::Permutation => "(2, 1)".to_owned(),
        Kind::TargetShape => "(7, -1)".to_owned(),
        Kind::Axis | Kind::Axes => "-1".to_owned(),
        Kind::Real => "0.5".to_owned(),
        Kind::Flag => "true".to_owned(),
        Kind::Activation => "\"relu\"".to_owned(),
        Kind::Initializer => "\"glorot_uniform\"".to_owned(),
        Kind::Regularizer => "L2(0.01)".to_owned(),
        Kind::Constraint => "MaxNorm(2.0)".to_owned(),
        Kind::Layer => "Dense(8)".to_owned(),
        Kind::Word(words) => format!("{:?}", words.known.first().unwrap_or(&"")),
        Kind::Later | Kind::Fixed(_) => "None".to_owned(),
        Kind::In(_) | Kind::InOrNone(_) | Kind::Several(_) | Kind::LearningRate => "0.5".to_owned(),
        Kind::Whole(_) | Kind::Thresholds => "1000".to_owned(),
        Kind::Classes => "3".to_owned(),
        Kind::Switch => "true".to_owned(),
        Kind::Reals => "[0.1, 0.01]".to_owned(),
        Kind::Wholes => "[1000]".to_owned(),
        Kind::Ids => "[0, 1]".to_owned(),
        Kind::Name => "\"my_name\"".to_owned(),
        Kind::Dtype => "\"float32\"".to_owned(),
    }
}
