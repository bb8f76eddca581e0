//! Whole numbers and prefixed bytes, taken from the front of some bytes.

/// Bytes that are read from the front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire<'a>(pub(super) &'a [u8]);

impl<'a> Wire<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    /// Little-endian.
    pub(super) fn fixed32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    /// Little-endian.
    pub(super) fn fixed64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    pub(super) fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn varint32(&mut self) -> Option<u32> {
        u32::try_from(self.varint()?).ok()
    }

    /// A whole number with a sign: 0, -1, 1, -2, ….
    pub(super) fn varsigned(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Bytes after their length.
    pub(super) fn prefixed(&mut self) -> Option<&'a [u8]> {
        let length = self.varint32()?;
        self.take(usize::try_from(length).ok()?)
    }
}

/// A check sum as it is kept: turned and moved, so that a check sum of bytes with check sums is none of theirs.
pub(super) fn masked_crc(parts: &[&[u8]]) -> u32 {
    let crc = parts.iter().fold(0, |crc, part| crc32c::crc32c_append(crc, part));
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let mut wire = Wire(&[0x05, 0xac, 0x02, 0x03, 0x04, 0x02, b'h', b'i', 0x80]);
        assert_eq!((wire.varint(), wire.varint()), (Some(5), Some(300)));
        assert_eq!((wire.varsigned(), wire.varsigned()), (Some(-2), Some(2)));
        assert_eq!(wire.prefixed(), Some(&b"hi"[..]));
        assert_eq!(wire.varint(), None, "it is cut off");
        assert_eq!(Wire(&[0xff; 11]).varint(), None);
        assert_eq!(Wire(&[200, 1]).prefixed(), None);
    }
}
