//! What the row of a layer says.

use crate::param::{Kind, Param};

/// A built-in layer.
#[derive(Debug)]
pub struct LayerRow {
    /// Keras's class, and the type in `kseq::layers`.
    pub class: &'static str,
    /// Keras's other names for it.
    pub aliases: &'static [&'static str],
    /// The arguments in the order in which Keras takes them by position.
    pub params: &'static [Param],
    /// Keras 2's names of arguments that are taken, and those of now.
    pub former: &'static [(&'static str, &'static str)],
    /// The argument whose activation (or that of the layer in it) is the last thing that the layer does: a
    /// loss may fuse with it.
    pub ends_with: Option<&'static str>,
    /// Whether the samples that it takes are integer tokens unless the input says otherwise.
    pub on_tokens: bool,
    /// Whether its output has the shape of its input, whatever that is.
    pub keeps_shape: bool,
    /// How the macro emits it.
    pub emission: Emission,
    /// The shape of an input that it takes with its defaults, for tests.
    pub takes: &'static [usize],
    /// What `KERAS.md` says of it besides its arguments, Markdown: how it differs from Keras.
    pub note: &'static str,
}

/// The usual: what a row does not say.
pub(crate) const USUAL: LayerRow = LayerRow {
    class: "",
    aliases: &[],
    params: &[],
    former: &[],
    ends_with: None,
    on_tokens: false,
    keeps_shape: false,
    emission: Emission::Coded,
    takes: &[6, 4],
    note: "",
};

impl LayerRow {
    /// The argument with this name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|param| param.name == name)
    }

    /// Whether the layer has arrays that are trained: those that an argument initializes, or the one that always begins with
    /// ones.
    #[must_use]
    pub fn has_weights(&self) -> bool {
        let mut params = self.params.iter();
        self.class == "RMSNormalization" || params.any(|param| param.kind == Kind::Initializer)
    }

    /// Whether other layers take the layer as their activation, `activation = LeakyReLU(0.1)`: a `Softmax` where its axis is
    /// the last one.
    #[must_use]
    pub fn is_activation(&self) -> bool {
        matches!(self.emission, Emission::Activation(_)) || self.class == "Softmax"
    }

    /// Whether the layer works around another one.
    #[must_use]
    pub fn is_wrapper(&self) -> bool {
        self.params.iter().any(|param| param.kind == Kind::Layer)
    }

    /// Whether the layer goes through a sequence step by step, and gives all outputs or the last one.
    #[must_use]
    pub fn is_recurrent(&self) -> bool {
        self.param("return_sequences").is_some()
    }
}

/// How the macro emits a layer.
// Not `#[non_exhaustive]`: the macros take every variant apart, and one that they do not know must not compile.
#[derive(Clone, Copy, Debug)]
pub enum Emission {
    /// By what is said here.
    Stateless(Stateless),
    /// As an `Activation` with arguments, which it is for other layers, too: `activation = LeakyReLU(0.1)`.
    Activation(ActivationOf),
    /// By a function in `kseq-macros/src/expand/layers/`, which is found there by the class.
    Coded,
}

/// A layer that is an activation with arguments.
#[derive(Clone, Copy, Debug)]
pub struct ActivationOf {
    /// The type in `kseq::activations`, whose parameters are the bits of the arguments.
    pub ty: &'static str,
    /// The arguments in the order of these parameters, each with the function in `activations` that refuses some of its
    /// values. Of one that is not given and has no number for a default it is infinity.
    pub takes: &'static [(&'static str, &'static str)],
}

/// A layer without parameters and state.
#[derive(Clone, Copy, Debug)]
pub struct Stateless {
    /// The shape rule in `kseq_core::layers`: module and function.
    pub rule: [&'static str; 2],
    /// What the rule takes behind the shape of the input; several sizes go as a slice.
    pub rule_takes: &'static [Operand],
    /// What `new` takes; several sizes go as an array.
    pub new_takes: &'static [Operand],
    /// The arguments that are types behind the layer's name: activations.
    pub types: &'static [&'static str],
    /// What is asked of the values of single arguments.
    pub checks: &'static [ValueCheck],
    /// Whether it implements `InPlace`.
    pub in_place: bool,
    /// Whether it goes over windows of its input: has a function `walk`.
    pub walks: bool,
}

/// The rule is the function `shape` of this module; it takes nothing more, and neither does `new`.
pub(crate) const fn stateless(module: &'static str) -> Stateless {
    Stateless {
        rule: [module, "shape"],
        rule_takes: &[],
        new_takes: &[],
        types: &[],
        checks: &[],
        in_place: false,
        walks: false,
    }
}

/// The same for a layer that may overwrite its input.
pub(crate) const fn in_place(module: &'static str) -> Stateless {
    Stateless {
        in_place: true,
        ..stateless(module)
    }
}

/// What a function of the library is given.
// Not `#[non_exhaustive]`: the macros take every variant apart, and one that they do not know must not compile.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    /// The value of the argument with this name.
    Value(&'static str),
    /// A list of the only value of the argument.
    List(&'static str),
    /// Whether the argument says this word.
    Says(&'static str, &'static str),
    /// The word that the argument says, as the variant of that name of a type in `kseq_core::layers`.
    OneOf(&'static str, &'static str),
    /// A string.
    Text(&'static str),
    /// A number.
    Number(usize),
}

/// A function in `kseq_core::layers` that is given the value of an argument, and refuses some.
#[derive(Clone, Copy, Debug)]
pub struct ValueCheck {
    /// The argument, where the refusal is reported.
    pub argument: &'static str,
    /// Module and function.
    pub rule: [&'static str; 2],
}

/// A group of layers, as in Keras's documentation.
#[derive(Debug)]
pub struct Group {
    /// Keras's heading.
    pub name: &'static str,
    /// Its rows.
    pub layers: &'static [LayerRow],
}

/// Another name for something.
#[derive(Debug)]
pub struct Other {
    /// What is written.
    pub name: &'static str,
    /// What it is in kseq.
    pub here: &'static str,
    /// Of an argument, what to do if its value cannot stay; of a layer, why.
    pub says: &'static str,
}
