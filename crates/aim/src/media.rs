//! What lies in the bytes of media: the numbers of a histogram, the mode of a PNG.

/// The numbers of an array in NumPy's little-endian layout; none for a type that histograms do not have.
pub(crate) fn numbers(bytes: &[u8], dtype: &str) -> Option<Vec<f64>> {
    macro_rules! read {
        ($type:ty) => {
            bytes
                .chunks_exact(size_of::<$type>())
                .map(|chunk| Some(<$type>::from_le_bytes(chunk.try_into().ok()?) as f64))
                .collect()
        };
    }
    match dtype {
        "float64" => read!(f64),
        "float32" => read!(f32),
        "int64" => read!(i64),
        "int32" => read!(i32),
        "int16" => read!(i16),
        "int8" => read!(i8),
        "uint64" => read!(u64),
        "uint32" => read!(u32),
        "uint16" => read!(u16),
        "uint8" => read!(u8),
        _ => None,
    }
}

/// What Pillow calls the pixels of an image file: read from a PNG, else the usual one.
pub(crate) fn mode(file: &[u8]) -> &'static str {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
    let (depth, colours) = match (file.starts_with(SIGNATURE), file.get(24), file.get(25)) {
        (true, Some(depth), Some(colours)) => (*depth, *colours),
        _ => return "RGB",
    };
    match (depth, colours) {
        (1, 0) => "1",
        (16, 0) => "I;16",
        (_, 0) => "L",
        (_, 3) => "P",
        (_, 4) => "LA",
        (_, 6) => "RGBA",
        _ => "RGB",
    }
}
