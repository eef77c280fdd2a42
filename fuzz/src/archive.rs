//! Zip archives of members of any bytes: those that are changed in place are refused by their checksum, before anybody reads them.

/// What is between two members in the data of a target.
pub const BETWEEN: &[u8] = b"\n--PK--\n";

/// The members that the data of a target are.
pub fn members(data: &[u8]) -> Vec<&[u8]> {
    let (mut members, mut rest) = (Vec::new(), data);
    while let Some(at) = rest.windows(BETWEEN.len()).position(|some| some == BETWEEN) {
        members.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    members.push(rest);
    members
}

/// Data as gzip stores what it cannot make smaller.
pub fn gz(data: &[u8]) -> Vec<u8> {
    let mut file = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    for block in data.chunks(0xffff) {
        let len = block.len() as u16;
        file.push(0);
        file.extend([len, !len].map(u16::to_le_bytes).concat());
        file.extend(block);
    }
    // The last block is empty.
    file.extend([1, 0, 0, 0xff, 0xff]);
    let mut sum = flate2::Crc::new();
    sum.update(data);
    file.extend([sum.sum(), sum.amount()].map(u32::to_le_bytes).concat());
    file
}

/// An archive of stored members.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let mut sum = flate2::Crc::new();
        sum.update(content);
        let size = (content.len() as u32).to_le_bytes();
        let common = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &sum.sum().to_le_bytes(),
            &size,
            &size,
            &(name.len() as u16).to_le_bytes(),
            &[0, 0],
        ]
        .concat();
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend((archive.len() as u32).to_le_bytes());
        directory.extend(name.bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(name.bytes());
        archive.extend(*content);
    }
    let begin = archive.len() as u32;
    archive.extend(&directory);
    let count = (members.len() as u16).to_le_bytes();
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count, count].concat());
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(begin.to_le_bytes());
    archive.extend([0, 0]);
    archive
}
