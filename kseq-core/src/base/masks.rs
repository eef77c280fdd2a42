//! The masks of a pass: which steps of its samples are padding.
//!
//! The model's tokens are a mask as they are. One that a layer finds in values goes to memory of the pass, for as long as the pass
//! lasts: going forward it is put upon those before, and going back it is taken off again.

use core::mem::take;

use crate::facts::Masked;

/// The masks of a pass.
#[derive(Debug, Default)]
pub struct Masks<'a> {
    /// The model's tokens.
    tokens: &'a [u32],
    /// What layers have found: flags, 0 where a step is masked, and behind them how many. Going forward it is the last mask, going
    /// back all, one behind the other.
    found: &'a [u32],
    /// Where the next one goes.
    free: &'a mut [u32],
    /// The mask that each layer is given.
    given: &'a [Masked],
}

impl<'a> Masks<'a> {
    /// The masks of a model whose layers are given these. Of the memory the first values hold what was found so far.
    pub fn new(
        given: &'a [Masked],
        tokens: &'a [u32],
        memory: &'a mut [u32],
        found: usize,
    ) -> Self {
        let (found, free) = memory.split_at_mut_checked(found).unwrap_or_default();
        Masks {
            tokens,
            found,
            free,
            given,
        }
    }

    /// The same for a part of the pass.
    pub fn reborrow(&mut self) -> Masks<'_> {
        Masks {
            tokens: self.tokens,
            found: self.found,
            free: &mut *self.free,
            given: self.given,
        }
    }

    /// The same where no more are found.
    pub fn shared(&self) -> Masks<'a> {
        Masks {
            tokens: self.tokens,
            found: self.found,
            free: &mut [],
            given: self.given,
        }
    }

    /// The mask that a layer is given, if it has so many steps.
    #[inline]
    pub fn of(&self, layer: usize, steps: usize) -> Option<&'a [u32]> {
        let given = self.given.get(layer)?;
        self.get(*given, steps)
    }

    /// A mask, if it has so many steps.
    pub fn get(&self, mask: Masked, steps: usize) -> Option<&'a [u32]> {
        let flags = match mask {
            Masked::Not => return None,
            Masked::Tokens => self.tokens,
            Masked::Found => {
                let (len, flags) = self.found.split_last()?;
                flags.get(flags.len().checked_sub(*len as usize)?..)?
            }
        };
        (flags.len() == steps).then_some(flags)
    }

    /// Puts a mask of so many steps upon the others; `fill` writes its flags.
    pub fn find(&mut self, steps: usize, fill: impl FnOnce(&mut [u32])) {
        let memory = take(&mut self.free);
        let Some((mask, free)) = memory.split_at_mut_checked(steps + 1) else {
            return;
        };
        if let Some((len, flags)) = mask.split_last_mut() {
            *len = steps as u32;
            fill(flags);
        }
        (self.found, self.free) = (mask, free);
    }

    /// Takes the last mask off again.
    pub fn leave(&mut self) {
        if let Some((len, flags)) = self.found.split_last() {
            let before = flags.len().saturating_sub(*len as usize);
            self.found = flags.get(..before).unwrap_or_default();
        }
    }

    /// How much of the memory is left.
    pub fn left(&self) -> usize {
        self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Masked::{Found, Not, Tokens};

    #[test]
    fn forward_and_back() {
        let (given, tokens) = ([Not, Tokens, Found, Found], [7, 0]);
        let mut memory = [9; 7];
        let mut masks = Masks::new(&given, &tokens, &mut memory, 0);
        assert_eq!((masks.of(0, 2), masks.of(1, 2)), (None, Some(&tokens[..])));
        assert_eq!((masks.of(2, 2), masks.of(1, 3)), (None, None));
        masks.find(2, |flags| flags.copy_from_slice(&[0, 1]));
        assert_eq!(masks.of(2, 2), Some(&[0, 1][..]));
        masks.find(3, |flags| flags.copy_from_slice(&[1, 0, 1]));
        assert_eq!((masks.of(3, 3), masks.left()), (Some(&[1, 0, 1][..]), 0));
        let mut masks = Masks::new(&given, &tokens, &mut memory, 7);
        assert_eq!(masks.of(3, 3), Some(&[1, 0, 1][..]));
        masks.leave();
        assert_eq!(masks.of(2, 2), Some(&[0, 1][..]));
        masks.leave();
        assert_eq!(masks.of(2, 2), None);
        // Nothing is written where there is no memory.
        Masks::default().find(1, |_| panic!());
    }
}
