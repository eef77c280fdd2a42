::kseq::__core::__flat! {
    [< const N : usize >] ScaleParams < N >, []
}
impl<const N: usize> ::kseq::__core::params::ParamBlock for ScaleParams<N> {
    const SPECS: &'static [::kseq::__core::params::ParamSpec] = {
        use ::kseq::__core::params::field as __kseq_field;
        &[__kseq_field::<[f32; N]>("gamma"), __kseq_field::<Matrix<N>>("type")]
    };
}
