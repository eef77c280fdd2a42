//! MD5, by which Keras's `hashing_trick` numbers words alike in every program. (For nothing that must be secret.)

/// The digest as a number, its first byte the highest: Python's `int(hashlib.md5(text).hexdigest(), 16)`.
pub(super) fn md5(text: &[u8]) -> u128 {
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let bits = (text.len() as u64).wrapping_mul(8).to_le_bytes();
    let zeros = (119 - text.len() % 64) % 64;
    let padding = core::iter::once(0x80)
        .chain(core::iter::repeat_n(0, zeros))
        .chain(bits);
    let mut bytes = text.iter().copied().chain(padding);
    let blocks = (text.len() + zeros + 9) / 64;
    for _ in 0..blocks {
        let words: [u32; 16] = core::array::from_fn(|_| {
            u32::from_le_bytes(core::array::from_fn(|_| bytes.next().unwrap_or(0)))
        });
        block(&mut state, &words);
    }
    state.iter().fold(0, |digest, word| {
        digest << 32 | u128::from(word.swap_bytes())
    })
}

/// By how much each round turns.
const TURNS: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

fn block(state: &mut [u32; 4], words: &[u32; 16]) {
    let [mut a, mut b, mut c, mut d] = *state;
    let turns = TURNS.iter().flat_map(|turns| turns.iter().cycle().take(16));
    for (i, turn) in turns.enumerate() {
        let (mixed, word) = match i / 16 {
            0 => (b & c | !b & d, i),
            1 => (d & b | !d & c, 5 * i + 1),
            2 => (b ^ c ^ d, 3 * i + 5),
            _ => (c ^ (b | !d), 7 * i),
        };
        // The constants are those of the standard: floor(2^32 |sin(i + 1)|).
        let constant = ((i as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32;
        let sum = a.wrapping_add(mixed).wrapping_add(constant);
        let sum = sum.wrapping_add(words.get(word % 16).copied().unwrap_or_default());
        let turned = sum.rotate_left(*turn);
        (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
    }
    for (state, new) in state.iter_mut().zip([a, b, c, d]) {
        *state = state.wrapping_add(new);
    }
}

#[cfg(test)]
mod tests {
    use super::md5;

    #[test]
    fn as_the_standard_has_it() {
        for (text, digest) in [
            ("", 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e),
            ("abc", 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72),
            (
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                0xd174_ab98_d277_d9f5_a561_1c2c_9f41_9d9f,
            ),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                0x57ed_f4a2_2be3_c955_ac49_da2e_2107_b67a,
            ),
        ] {
            assert_eq!(md5(text.as_bytes()), digest, "{text}");
        }
    }
}
