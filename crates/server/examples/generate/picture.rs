//! Small files as programs record them: PNG and GIF pictures, WAV sounds, Plotly's figures.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// A JPEG picture of 96 × 64 pixels, of a hill at dusk: drawn on a canvas and packed by Chromium, at quality 0.6.
pub(crate) const PHOTO: &[u8] = include_bytes!("photo.jpg");

/// A PNG of three bytes a pixel (red, green, blue), from the upper left corner on.
pub(crate) fn png(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..height {
        // Each row begins with its filter: none.
        rows.push(0);
        (0..width).for_each(|x| rows.extend(pixel(x, y)));
    }
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&rows).unwrap();
    let mut head = Vec::new();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    // Eight bits a sample, red green blue, deflate, the usual filters, no interlacing.
    head.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, bytes) in [(b"IHDR", head), (b"IDAT", packer.finish().unwrap()), (b"IEND", Vec::new())] {
        png.extend((bytes.len() as u32).to_be_bytes());
        let mut sum = Crc::new();
        sum.update(name);
        sum.update(&bytes);
        png.extend(name);
        png.extend(bytes);
        png.extend(sum.sum().to_be_bytes());
    }
    png
}

/// A GIF that moves: frames of `size` × `size` pixels, each of one of four greens.
pub(crate) fn gif(size: u16, n_frames: usize, pixel: impl Fn(usize, u16, u16) -> u8) -> Vec<u8> {
    let mut gif = b"GIF89a".to_vec();
    gif.extend(size.to_le_bytes());
    gif.extend(size.to_le_bytes());
    // A table of four colours.
    gif.extend([0x81, 0, 0]);
    gif.extend([10, 30, 20, 20, 90, 60, 40, 160, 110, 180, 240, 200]);
    // Again and again.
    gif.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00");
    for frame in 0..n_frames {
        gif.extend([0x21, 0xf9, 4, 0, 20, 0, 0, 0, 0x2c, 0, 0, 0, 0]);
        gif.extend(size.to_le_bytes());
        gif.extend(size.to_le_bytes());
        gif.extend([0, 7]);
        // Codes of eight bits, as a code that clears the table comes before the table would need nine.
        let pixels = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
        let mut codes = Vec::new();
        for (place, (x, y)) in pixels.enumerate() {
            if place % 120 == 0 {
                codes.push(128);
            }
            codes.push(pixel(frame, x, y) % 4);
        }
        codes.push(129);
        for block in codes.chunks(255) {
            gif.push(block.len() as u8);
            gif.extend(block);
        }
        gif.push(0);
    }
    gif.push(0x3b);
    gif
}

/// A WAV of 16 bits a sample and one channel; `sample` is given seconds and answers −1 to 1.
pub(crate) fn wav(rate: u32, secs: f64, sample: impl Fn(f64) -> f64) -> Vec<u8> {
    let n_samples = (f64::from(rate) * secs) as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + 2 * n_samples).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend([1u16, 1].map(u16::to_le_bytes).concat());
    wav.extend([rate, 2 * rate].map(u32::to_le_bytes).concat());
    wav.extend([2u16, 16].map(u16::to_le_bytes).concat());
    wav.extend(b"data");
    wav.extend((2 * n_samples).to_le_bytes());
    for n in 0..n_samples {
        let level = sample(f64::from(n) / f64::from(rate)).clamp(-1.0, 1.0);
        wav.extend(((level * 32_000.0) as i16).to_le_bytes());
    }
    wav
}

/// A confusion matrix that becomes a diagonal as `share` grows to 1.
pub(crate) fn confusion(share: f64, title: &str) -> String {
    let names = ["person", "place", "date", "number", "other"];
    let cell = |row: usize, column: usize| {
        let near = 1.0 / (1.0 + row.abs_diff(column) as f64);
        let right = if row == column { 60.0 * share } else { 0.0 };
        (right + 18.0 * (1.0 - share) * near).round()
    };
    let rows: Vec<Vec<f64>> = (0..5).map(|row| (0..5).map(|column| cell(row, column)).collect()).collect();
    serde_json::json!({
        "data": [{"type": "heatmap", "z": rows, "x": names, "y": names, "colorscale": "Viridis"}],
        "layout": {"title": {"text": title}, "xaxis": {"title": {"text": "answered"}},
                   "yaxis": {"title": {"text": "right"}, "autorange": "reversed"}},
    })
    .to_string()
}

/// How often the model is right at each confidence, as lines.
pub(crate) fn calibration(share: f64) -> String {
    let confidences: Vec<f64> = (1..=10).map(|n| f64::from(n) / 10.0).collect();
    let right: Vec<f64> = confidences.iter().map(|x| x.powf(2.0 - share)).collect();
    serde_json::json!({
        "data": [
            {"type": "scatter", "mode": "lines", "name": "ideal", "x": [0, 1], "y": [0, 1], "line": {"dash": "dot"}},
            {"type": "scatter", "mode": "lines+markers", "name": "model", "x": confidences, "y": right},
            {"type": "bar", "name": "share of answers", "x": confidences, "y": right.iter().map(|y| y / 4.0).collect::<Vec<_>>(), "opacity": 0.5},
        ],
        "layout": {"xaxis": {"title": {"text": "confidence"}}, "yaxis": {"title": {"text": "right"}}},
    })
    .to_string()
}
