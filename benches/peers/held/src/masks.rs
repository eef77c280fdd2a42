//! What a held CPU does not have, by the leaves of `cpuid`.

use core::arch::x86_64::CpuidResult;

/// The bits with these numbers.
const fn bits<const N: usize>(numbers: [u32; N]) -> u32 {
    let (mut word, mut i) = (0, 0);
    while i < N {
        word |= 1 << numbers[i];
        i += 1;
    }
    word
}

/// Leaf 7, part 0, EBX: AVX-512 F, DQ, IFMA, PF, ER, CD, BW, VL.
const EBX_7_0: u32 = bits([16, 17, 21, 26, 27, 28, 30, 31]);
/// ECX: VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ.
const ECX_7_0: u32 = bits([1, 6, 11, 12, 14]);
/// EDX: 4VNNIW, 4FMAPS, VP2INTERSECT, AMX-BF16, AVX-512 FP16, AMX-TILE, AMX-INT8.
const EDX_7_0: u32 = bits([2, 3, 8, 22, 23, 24, 25]);
/// Part 1, EAX: AVX-512 BF16, AMX-FP16.
const EAX_7_1: u32 = bits([5, 21]);
/// EDX: AMX-COMPLEX, AVX10, APX.
const EDX_7_1: u32 = bits([8, 19, 21]);

/// Leaf 1, ECX, beyond SSE2: SSE3, PCLMULQDQ, SSSE3, FMA, SSE4.1, SSE4.2, MOVBE, POPCNT, AES, XSAVE, OSXSAVE, AVX, F16C.
const ECX_1: u32 = bits([0, 1, 9, 12, 19, 20, 22, 23, 25, 26, 27, 28, 29]);
/// Leaf 7, part 0, EBX: BMI1, AVX2, BMI2, SHA.
const PLAIN_EBX_7_0: u32 = bits([3, 5, 8, 29]);
/// ECX: GFNI, VAES, VPCLMULQDQ.
const PLAIN_ECX_7_0: u32 = bits([8, 9, 10]);
/// Leaf 0x8000_0001, ECX: LZCNT, SSE4a, XOP, FMA4, TBM.
const PLAIN_ECX_EXTENDED: u32 = bits([5, 6, 11, 16, 21]);

/// Takes from an answer of the CPU what it shall not have.
pub fn hold(leaf: u32, part: u32, told: &mut CpuidResult, plain: bool) {
    match (leaf, part) {
        (7, 0) => {
            told.ebx &= !EBX_7_0;
            told.ecx &= !ECX_7_0;
            told.edx &= !EDX_7_0;
        }
        (7, 1) => {
            told.eax &= !EAX_7_1;
            told.edx &= !EDX_7_1;
        }
        // AMX's tiles and its multiplications; AVX10.
        (0x1d | 0x1e | 0x24, _) => *told = NOTHING,
        _ => {}
    }
    if !plain {
        return;
    }
    match (leaf, part) {
        (1, _) => told.ecx &= !ECX_1,
        (7, 0) => {
            told.ebx &= !PLAIN_EBX_7_0;
            told.ecx &= !PLAIN_ECX_7_0;
        }
        (7, 1) => *told = NOTHING,
        (0x8000_0001, _) => told.ecx &= !PLAIN_ECX_EXTENDED,
        _ => {}
    }
}

const NOTHING: CpuidResult = CpuidResult {
    eax: 0,
    ebx: 0,
    ecx: 0,
    edx: 0,
};
