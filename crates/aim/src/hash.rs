//! Aim's hash of a value: the ids of contexts, and the keys under which the points of numbers lie.

use trailmark_core::Context;

use crate::blake::blake2b_64;
use crate::words::node_from_context;
use crate::{Key, Node};

const NONE: i64 = 1_393_794_177_995_070_132;
const TEXT: i64 = 7_540_324_813_251_503_183;
const BYTES: i64 = -6_836_296_829_636_613_855;
const NUMBER: i64 = -7_494_597_716_789_683_807;
const LIST: i64 = 2_965_039_128_708_897_743;
const MAP: i64 = -2_435_585_119_574_290_752;

/// The modulus of Python's hash of numbers.
const MODULUS: u64 = (1 << 61) - 1;

/// The hash of a value. Objects and blobs, which Aim does not hash, are as None.
pub fn hash(node: &Node) -> i64 {
    match node {
        Node::None | Node::Object { .. } | Node::Blob(_) => NONE,
        Node::Text(text) => blake2b_64(TEXT, text.as_bytes()),
        Node::Bytes(bytes) => blake2b_64(BYTES, bytes),
        Node::Bool(_) | Node::Int(_) | Node::Float(_) => number(node.as_float().unwrap_or(0.0)),
        Node::List(elements) => hashed(LIST, &elements.iter().map(hash).collect::<Vec<_>>()),
        Node::Map(branch) => {
            let key = |key: &Key| match key {
                Key::Text(text) => blake2b_64(TEXT, text.as_bytes()),
                Key::Int(int) => number(*int as f64),
            };
            let mut pairs: Vec<(i64, i64)> = branch.iter().map(|(k, value)| (key(k), hash(value))).collect();
            pairs.sort_unstable();
            let pairs: Vec<i64> = pairs.into_iter().map(|(key, value)| hashed(LIST, &[key, value])).collect();
            hashed(MAP, &pairs)
        }
    }
}

/// The id of a context.
pub fn context_id(context: &Context) -> i64 {
    hash(&node_from_context(context))
}

fn hashed(salt: i64, hashes: &[i64]) -> i64 {
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    blake2b_64(salt, &bytes)
}

fn number(number: f64) -> i64 {
    blake2b_64(NUMBER, &python_hash(number).to_le_bytes())
}

/// Python's hash of a float: its value modulo 2^61 - 1, by its exact fraction; -1 stays -1.
fn python_hash(number: f64) -> i64 {
    if number.is_nan() || number == 0.0 {
        return 0;
    }
    if number.is_infinite() {
        return if number > 0.0 { 314_159 } else { -314_159 };
    }
    let bits = number.abs().to_bits();
    let (exponent, fraction) = ((bits >> 52) as i64, bits & ((1 << 52) - 1));
    // number = mantissa × 2^power
    let (mantissa, power) =
        if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    // 2^61 is 1 modulo 2^61 - 1: multiplying by a power of two rotates 61 bits.
    let turn = power.rem_euclid(61) as u32;
    let turned = (u128::from(mantissa % MODULUS) << turn) % u128::from(MODULUS);
    let hash = turned as i64;
    if number < 0.0 { -hash } else { hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_have_the_ids_that_aims_client_sends() {
        for (context, id) in [
            (Context::empty(), -4_504_863_053_055_089_774),
            (Context::subset("train"), -8_686_149_688_933_388_395),
            (Context::subset("eval").with("sub_dataset", "squad"), 5_358_452_744_169_822_821),
            (Context::empty().with("gpu", 0), -5_834_889_044_196_056_041),
        ] {
            assert_eq!(context_id(&context), id, "{context}");
        }
    }
}
