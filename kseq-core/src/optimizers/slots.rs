//! The slots of an optimizer: values that it keeps for each parameter, under Keras's names.

/// The most slots an optimizer may have.
pub const MAX_SLOTS: usize = 6;

/// A slot that an optimizer may have.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    /// Keras's name.
    name: &'static str,
    /// Whether this type of the optimizer has it.
    kept: bool,
}

impl Slot {
    /// One that every type of the optimizer has.
    pub(super) const fn new(name: &'static str) -> Self {
        Slot::kept_if(true, name)
    }

    /// One that some of its types have.
    pub(super) const fn kept_if(kept: bool, name: &'static str) -> Self {
        Slot { name, kept }
    }
}

/// The names of the slots that an optimizer has, collected by the compiler.
pub(super) struct SlotNames {
    names: [&'static str; MAX_SLOTS],
    len: usize,
}

impl SlotNames {
    /// Those of the optimizer's own slots, then those of the driver.
    pub(super) const fn new(own: &[Slot], ema: bool, accumulate: bool) -> Self {
        let names = SlotNames {
            names: [""; MAX_SLOTS],
            len: 0,
        };
        let (mut names, mut i) = (names, 0);
        while i < own.len() {
            names = names.and(own[i]);
            i += 1;
        }
        names
            .and(Slot::kept_if(ema, "average"))
            .and(Slot::kept_if(accumulate, "gradient_accumulator"))
    }

    const fn and(mut self, slot: Slot) -> Self {
        if slot.kept {
            self.names[self.len] = slot.name;
            self.len += 1;
        }
        self
    }

    pub(super) const fn get(&self) -> &[&'static str] {
        self.names.split_at(self.len).0
    }
}
