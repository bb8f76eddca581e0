//! Identifiers: fixed-size, ordered, printed in lower-case hexadecimal.
//!
//! A run id has the form that Aim's run hashes have (24 hexadecimal digits), so that runs of either tool live side by
//! side. Ours begin with the time of their creation: they sort by age.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text has the wrong length or holds something other than lower-case hexadecimal digits.
    #[error("read an id: got {text:?}, want {digits} lower-case hexadecimal digits")]
    Form {
        /// What was given.
        text: String,
        /// How many digits the id has.
        digits: usize,
    },
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Size in bytes.
            pub const BYTES: usize = $bytes;

            /// Wraps raw bytes.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The raw bytes, as they are stored.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for byte in self.0 {
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                bytes_from_hex(text).map(Self).ok_or_else(|| IdError::Form {
                    text: text.to_owned(),
                    digits: 2 * $bytes,
                })
            }
        }
    };
}

hex_id!(
    /// Names a run: 12 bytes, 24 hexadecimal digits.
    ///
    /// A new one holds the milliseconds since 1970 in 6 big-endian bytes, then 6 random bytes.
    RunId,
    12
);
hex_id!(
    /// Names one writer of a run, for ever: 8 bytes, 16 hexadecimal digits, random.
    WriterId,
    8
);
hex_id!(
    /// Names content (a question, a paragraph, a blob) by its BLAKE3 hash: 32 bytes, 64 hexadecimal digits.
    ContentId,
    32
);

impl RunId {
    /// Makes an id from a time and 6 random bytes.
    pub fn from_parts(unix_millis: u64, random: [u8; 6]) -> Self {
        let mut bytes = [0; 12];
        bytes[..6].copy_from_slice(&unix_millis.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        Self(bytes)
    }

    /// When the run was created, if its id was made as ours are.
    pub fn unix_millis(&self) -> u64 {
        self.0[..6].iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte))
    }

    /// Makes a new id for a run created at `now`.
    ///
    /// # Panics
    /// When the operating system has no randomness to give, which it always has once booted.
    pub fn generate(now: crate::WallTime) -> Self {
        let millis = u64::try_from(now.nanos() / 1_000_000).unwrap_or(0);
        Self::from_parts(millis, random_bytes())
    }
}

impl WriterId {
    /// Makes a new random id.
    ///
    /// # Panics
    /// As [`RunId::generate`].
    pub fn generate() -> Self {
        Self(random_bytes())
    }
}

impl ContentId {
    /// Hashes content.
    pub fn of(content: impl AsRef<[u8]>) -> Self {
        Self(*blake3::hash(content.as_ref()).as_bytes())
    }
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("a booted system has randomness");
    bytes
}

fn bytes_from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let id = RunId::from_parts(1_764_000_000_123, [1, 2, 3, 4, 5, 0xfe]);
        assert_eq!(id.to_string().len(), 24);
        assert_eq!(id.to_string().parse::<RunId>(), Ok(id));
    }

    #[test]
    fn older_run_ids_sort_first() {
        let old = RunId::from_parts(1_000, [0xff; 6]);
        let new = RunId::from_parts(1_001, [0; 6]);
        assert!(old < new && old.to_string() < new.to_string());
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in
            ["", "12", "ABCDEFABCDEFABCDEFABCDEF", "zbcdefabcdefabcdefabcdef", "é0000000000000000000000"]
        {
            assert!(text.parse::<RunId>().is_err(), "{text:?}");
        }
    }
}
