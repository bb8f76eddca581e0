//! Tensors: numbers or texts of any kind and shape, in one of three layouts.
//!
//! # Format
//! `TensorProto`: the raw bytes of all elements (`tensor_content`), or a list of the kind's own, in which the last element
//! stands for all that are missing. The numbers of kinds are those of `types.proto`.

use half::{bf16, f16};

use super::wire::{Fields, Malformed, Packed};

/// Elements that a tensor may have; a histogram of a thousand bins has 3,000.
const MOST_ELEMENTS: u64 = 1 << 20;

/// A tensor as it was written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tensor<'a> {
    dtype: i64,
    /// Sizes, outermost first; negative where unknown.
    pub(super) shape: Vec<i64>,
    content: &'a [u8],
    /// The kind's own list: bits of numbers.
    bits: Vec<u64>,
    strings: Vec<&'a [u8]>,
}

/// `DT_STRING`.
const STRING: i64 = 7;

impl<'a> Tensor<'a> {
    /// Reads a tensor.
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut tensor = Self::default();
        for field in Fields::of(message) {
            match field? {
                (1, wire) => tensor.dtype = wire.int()?,
                (2, wire) => tensor.read_shape(wire.bytes()?)?,
                (4, wire) => tensor.content = wire.bytes()?,
                (5, wire) => wire.extend(Packed::Four, &mut tensor.bits)?,
                (6, wire) => wire.extend(Packed::Eight, &mut tensor.bits)?,
                (7 | 10 | 11 | 13 | 16 | 17, wire) => wire.extend(Packed::Varint, &mut tensor.bits)?,
                (8, wire) => tensor.strings.push(wire.bytes()?),
                _ => {}
            }
        }
        Ok(tensor)
    }

    fn read_shape(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        for field in Fields::of(message) {
            if let (2, wire) = field? {
                let mut size = 0;
                for field in Fields::of(wire.bytes()?) {
                    if let (1, wire) = field? {
                        size = wire.int()?;
                    }
                }
                self.shape.push(size);
            }
        }
        Ok(())
    }

    /// How many elements the shape asks for; a reason when it is unknown, or too many.
    fn n_elements(&self) -> Result<usize, &'static str> {
        let product = self.shape.iter().try_fold(1_u64, |n, size| n.checked_mul(u64::try_from(*size).ok()?));
        let n = product.ok_or("a tensor of an unknown shape")?;
        if n > MOST_ELEMENTS { Err("a tensor of more than a million elements") } else { Ok(n as usize) }
    }

    /// Its elements as real numbers, outermost first.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, &'static str> {
        let n = self.n_elements()?;
        let width = width(self.dtype).ok_or("a tensor of a kind that is no number")?;
        let mut numbers: Vec<f64> = if self.content.is_empty() {
            self.bits.iter().take(n).map(|bits| number(self.dtype, *bits)).collect()
        } else {
            if self.content.len() != n * width {
                return Err("a tensor with too few or too many bytes for its shape");
            }
            let bits = |chunk: &[u8]| chunk.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
            self.content.chunks_exact(width).map(|chunk| number(self.dtype, bits(chunk))).collect()
        };
        // A tensor without any element says nought, as the library that writes them reads it.
        let last = numbers.last().copied().unwrap_or(0.0);
        numbers.resize(n, last);
        Ok(numbers)
    }

    /// Its elements as texts or encoded files, outermost first.
    pub(super) fn strings(&self) -> Result<Vec<&'a [u8]>, &'static str> {
        if self.dtype != STRING {
            return Err("a tensor of a kind that is no text");
        }
        let n = self.n_elements()?;
        let mut strings: Vec<&[u8]> = self.strings.iter().copied().take(n).collect();
        let last = strings.last().copied().unwrap_or_default();
        strings.resize(n, last);
        Ok(strings)
    }
}

/// Bytes of an element in `tensor_content`; none for kinds that are no real numbers.
fn width(dtype: i64) -> Option<usize> {
    match dtype {
        4 | 6 | 10 => Some(1),
        5 | 14 | 17 | 19 => Some(2),
        1 | 3 | 22 => Some(4),
        2 | 9 | 23 => Some(8),
        _ => None,
    }
}

/// An element from its bits, of which those beyond its width say nothing.
fn number(dtype: i64, bits: u64) -> f64 {
    let int = bits.cast_signed();
    match dtype {
        1 => f64::from(f32::from_bits(bits as u32)),
        2 => f64::from_bits(bits),
        3 => f64::from(int as i32),
        4 => f64::from(bits as u8),
        5 => f64::from(int as i16),
        6 => f64::from(int as i8),
        9 => int as f64,
        10 => f64::from(u8::from(bits != 0)),
        14 => f64::from(bf16::from_bits(bits as u16)),
        17 => f64::from(bits as u16),
        19 => f64::from(f16::from_bits(bits as u16)),
        22 => f64::from(bits as u32),
        _ => bits as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor<'a>(dtype: i64, shape: &[i64], content: &'a [u8], bits: &[u64]) -> Tensor<'a> {
        Tensor { dtype, shape: shape.to_vec(), content, bits: bits.to_vec(), strings: Vec::new() }
    }

    #[test]
    fn the_last_element_stands_for_those_that_are_missing() {
        let bits = [u64::from(1.5_f32.to_bits()), u64::from(2.5_f32.to_bits())];
        assert_eq!(tensor(1, &[4], &[], &bits).numbers(), Ok(vec![1.5, 2.5, 2.5, 2.5]));
        assert_eq!(tensor(1, &[], &[], &[]).numbers(), Ok(vec![0.0]));
    }

    #[test]
    fn raw_bytes_are_read_by_their_kind() {
        assert_eq!(tensor(3, &[2], &[255, 255, 255, 255, 1, 0, 0, 0], &[]).numbers(), Ok(vec![-1.0, 1.0]));
        assert_eq!(tensor(6, &[1], &[0x80], &[]).numbers(), Ok(vec![-128.0]));
        assert_eq!(tensor(19, &[], &f16::from_f32(0.5).to_le_bytes(), &[]).numbers(), Ok(vec![0.5]));
        assert_eq!(tensor(14, &[], &bf16::from_f32(-2.0).to_le_bytes(), &[]).numbers(), Ok(vec![-2.0]));
        assert!(tensor(2, &[2], &[0; 8], &[]).numbers().is_err());
        assert!(tensor(8, &[], &[0; 8], &[]).numbers().is_err(), "complex numbers are none of ours");
    }

    #[test]
    fn a_shape_beyond_reason_costs_no_memory() {
        for shape in [&[1 << 40][..], &[1 << 40, 1 << 40], &[-1], &[i64::MAX, i64::MAX, 2]] {
            assert!(tensor(1, shape, &[], &[1]).numbers().is_err(), "{shape:?}");
        }
    }
}
