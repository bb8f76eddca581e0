//! The bytes of protocol buffers, as far as event files need them: a message is fields, each a number and a value.
//!
//! Half a dozen small messages are read, so that no schema compiler and no crate for it is worth its cost.

use std::borrow::Cow;

use thiserror::Error;

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the record is no message that can be read")]
pub(super) struct Malformed;

/// A field's value as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wire<'a> {
    /// A number of one to ten bytes.
    Varint(u64),
    /// Eight bytes, little-endian.
    Eight(u64),
    /// Four bytes, little-endian.
    Four(u32),
    /// A text, bytes, a message, or numbers in a row.
    Bytes(&'a [u8]),
}

/// The fields of a message, in their order.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn read(&mut self) -> Result<(u32, Wire<'a>), Malformed> {
        let key = varint(&mut self.0)?;
        let number = u32::try_from(key >> 3).ok().filter(|number| *number > 0).ok_or(Malformed)?;
        let wire = match key & 7 {
            0 => Wire::Varint(varint(&mut self.0)?),
            1 => Wire::Eight(u64::from_le_bytes(*chunk(&mut self.0)?)),
            2 => {
                let n_bytes = usize::try_from(varint(&mut self.0)?).map_err(|_| Malformed)?;
                let (bytes, rest) = self.0.split_at_checked(n_bytes).ok_or(Malformed)?;
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            5 => Wire::Four(u32::from_le_bytes(*chunk(&mut self.0)?)),
            _ => return Err(Malformed),
        };
        Ok((number, wire))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let read = self.read();
        if read.is_err() {
            self.0 = &[];
        }
        Some(read)
    }
}

impl<'a> Wire<'a> {
    /// Bytes, or a message.
    pub(super) fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed),
        }
    }

    /// A text; what is no UTF-8 is replaced.
    pub(super) fn text(self) -> Result<Cow<'a, str>, Malformed> {
        self.bytes().map(String::from_utf8_lossy)
    }

    /// A whole number.
    pub(super) fn int(self) -> Result<i64, Malformed> {
        match self {
            Self::Varint(value) => Ok(value.cast_signed()),
            _ => Err(Malformed),
        }
    }

    /// A `double`.
    pub(super) fn double(self) -> Result<f64, Malformed> {
        match self {
            Self::Eight(bits) => Ok(f64::from_bits(bits)),
            _ => Err(Malformed),
        }
    }

    /// A `float`.
    pub(super) fn float(self) -> Result<f32, Malformed> {
        match self {
            Self::Four(bits) => Ok(f32::from_bits(bits)),
            _ => Err(Malformed),
        }
    }

    /// Takes a repeated number, alone or packed, into a list.
    pub(super) fn extend(self, kind: Packed, into: &mut Vec<u64>) -> Result<(), Malformed> {
        match (self, kind) {
            (Self::Varint(value), Packed::Varint) | (Self::Eight(value), Packed::Eight) => into.push(value),
            (Self::Four(value), Packed::Four) => into.push(u64::from(value)),
            (Self::Bytes(mut bytes), _) => {
                while !bytes.is_empty() {
                    into.push(match kind {
                        Packed::Varint => varint(&mut bytes)?,
                        Packed::Eight => u64::from_le_bytes(*chunk(&mut bytes)?),
                        Packed::Four => u64::from(u32::from_le_bytes(*chunk(&mut bytes)?)),
                    });
                }
            }
            _ => return Err(Malformed),
        }
        Ok(())
    }
}

/// How a repeated number stands in its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packed {
    Varint,
    Eight,
    Four,
}

fn chunk<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Malformed> {
    let (chunk, after) = rest.split_first_chunk().ok_or(Malformed)?;
    *rest = after;
    Ok(chunk)
}

fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let [byte] = *chunk(rest)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(message: &[u8]) -> Result<Vec<(u32, Wire<'_>)>, Malformed> {
        Fields::of(message).collect()
    }

    #[test]
    fn each_kind_of_field_is_read() {
        let message = [0x08, 0x96, 0x01, 0x12, 2, b'h', b'i', 0x1d, 0, 0, 0x80, 0x3f];
        let found = fields(&message).unwrap();
        assert_eq!(found, [(1, Wire::Varint(150)), (2, Wire::Bytes(b"hi")), (3, Wire::Four(0x3f80_0000))]);
        assert_eq!(found[2].1.float(), Ok(1.0));
    }

    #[test]
    fn what_is_cut_or_unknown_is_malformed() {
        for message in [&[0x08][..], &[0x12, 5, 1], &[0x09, 1, 2], &[0x0b], &[0x00, 1], &[0xff; 11]] {
            assert_eq!(fields(message), Err(Malformed), "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(message in proptest::collection::vec(any::<u8>(), 0..100)) {
            _ = fields(&message);
        }
    }
}
