// G3: statements of Python's around a model, and `add` of no layer or of several.
use kseq::prelude::*;

sequential! {
    from keras.models import Sequential
    pub Net = [Dense(1, input_shape = (2,))]
}

fn main() {
    sequential! {
        early.add(Dense(1, input_shape = (2,)))
        early = Sequential()
    }
    sequential! {
        def build():
        built = Sequential()
        built.add(Dense(1, input_shape = (2,)))
        return built
    }
    sequential! {
        several = Sequential([Dense(4, input_shape = (2,))], "net")
        several.add(Dense(2), Dense(1))
        several.add()
    }
    let _ = (early.summary(), built.summary(), several.summary());
}
