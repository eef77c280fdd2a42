fn main() {
    {
        ::core::compile_error! {
            "layer 1 `dens_1`: unknown layer `Dens`; did you mean `Dense`?\n  help: your own layer is named by a path: `self::Dens(...)`"
        }
        {
            #[doc(hidden)]
            struct SequentialModelParams {
                #[doc(hidden)]
                pub dens_1: ::kseq::__core::stub::StubParams,
            }
            ::kseq::__core::stub::Stub::<SequentialModelParams>::new()
        }
    }
}
