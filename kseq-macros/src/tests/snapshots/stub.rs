::core::compile_error! {
    "layer 1 `dens_1`: unknown layer `Dens`; did you mean `Dense`?\n  help: your own layer is named by a path: `self::Dens(...)`"
}
#[doc(hidden)]
pub struct NetParams {
    #[doc(hidden)]
    pub dens_1: ::kseq::__core::stub::StubParams,
    #[doc(hidden)]
    pub out: ::kseq::__core::stub::StubParams,
}
#[doc(hidden)]
pub struct Net;
impl Net {
    #[doc(hidden)]
    pub fn new(seed: u64) -> ::kseq::__core::stub::Stub<NetParams> {
        let _ = seed;
        ::kseq::__core::stub::Stub::<NetParams>::new()
    }
}
