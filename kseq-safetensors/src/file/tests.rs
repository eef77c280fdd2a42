use super::*;
use std::string::ToString;

fn file() -> Vec<u8> {
    let entries = [
        Entry {
            name: "a.\"quoted\"\n".to_string(),
            shape: [2, 1].to_vec(),
            values: Values::F32(&[1.5, f32::NAN]),
        },
        Entry::flat("b", Values::U64([u64::MAX].to_vec())),
        Entry::flat("c", Values::F64(Cow::Borrowed(&[-0.1, f64::INFINITY]))),
        Entry::flat("empty", Values::F32(&[])),
    ];
    let mut out = Vec::new();
    write(&mut out, &[("kind", "test \u{1}\\")], entries.into()).unwrap();
    out
}

#[test]
fn what_is_written_is_read() {
    let file = File::parse(file()).unwrap();
    assert_eq!(file.metadata("kind"), Some("test \u{1}\\"));
    let a = file.get("a.\"quoted\"\n").unwrap();
    assert_eq!(a.shape, [2, 1]);
    let bits: Vec<_> = file.f32s(a).unwrap().map(f32::to_bits).collect();
    assert_eq!(bits, [1.5f32.to_bits(), f32::NAN.to_bits()]);
    assert!(file.f64s(a).is_none());
    let b = file.get("b").unwrap();
    assert_eq!(file.u64s(b).unwrap().collect::<Vec<_>>(), [u64::MAX]);
    let c = file.get("c").unwrap();
    assert_eq!(
        file.f64s(c).unwrap().collect::<Vec<_>>(),
        [-0.1, f64::INFINITY]
    );
    assert_eq!(file.get("empty").unwrap().shape, [0]);
}

#[test]
fn every_flipped_bit_is_an_error_but_those_that_hide_the_checksum() {
    let whole = file();
    let name = 8..8 + CHECKSUM.len();
    for bit in 0..8 * whole.len() {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let checked = File::parse(flipped).is_ok_and(|file| file.checked);
        assert!(!checked, "bit {bit}");
        if !name.contains(&(bit / 8)) {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(File::parse(flipped).is_err(), "bit {bit}");
        }
    }
    assert!(File::parse(whole).is_ok_and(|file| file.checked));
}

#[test]
fn a_cut_file_is_an_error_wherever_it_is_cut() {
    let whole = file();
    for n in 0..whole.len() {
        assert!(File::parse(whole[..n].to_vec()).is_err(), "cut at {n}");
    }
}

#[test]
fn no_changed_byte_and_no_noise_panics() {
    let whole = file();
    for at in 0..whole.len() {
        for bits in 0..=255 {
            let mut changed = whole.clone();
            changed[at] ^= bits;
            let _ = File::parse(changed);
        }
    }
    // A generator of numbers that are different enough.
    let mut state = 1u64;
    let mut below = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % n
    };
    for n in 0..2000 {
        let header: Vec<u8> = (0..n % 50)
            .map(|_| b"{}[]\":,0129-\\ u\x80name"[below(20) as usize])
            .collect();
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        let _ = File::parse(bytes);
    }
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let refused = |header: &str, data: usize| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        File::parse(bytes).err().unwrap_or_default()
    };
    let one = |s: &str| format!("{{\"a\":{{\"dtype\":\"F32\",{s}}}}}");
    assert_eq!(refused(&one("\"shape\":[2],\"data_offsets\":[0,8]"), 8), "");
    for (wrong, why) in [
        ("\"shape\":[3],\"data_offsets\":[0,8]", "has shape [3]"),
        ("\"shape\":[1],\"data_offsets\":[4,8]", "a gap at byte"),
        ("\"shape\":[2],\"data_offsets\":[8,0]", "lies at bytes 8"),
        ("\"shape\":[1],\"data_offsets\":[0,4]", "cut off or damaged"),
        (
            "\"shape\":[65536,65536,65536,65536,2],\"data_offsets\":[0,8]",
            "has shape",
        ),
        ("\"shape\":[2.5],\"data_offsets\":[0,8]", "not understood"),
        (
            "\"shape\":[99999999999999999999],\"data_offsets\":[0,8]",
            "not understood",
        ),
        ("\"shape\":[2]", "data_offsets"),
    ] {
        let found = refused(&one(wrong), 8);
        assert!(found.contains(why), "{wrong}: {found}");
    }
    let twice = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\
                      \"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}";
    assert!(refused(twice, 8).contains("two arrays `a`"));
}
