//! The PNG file format, as far as an RGB picture needs it.

use std::io::Write as _;

use flate2::{Compression, Crc, write::ZlibEncoder};

/// A picture of half the size: each pixel the mean of two by two; `width` in pixels of the source.
#[must_use]
pub fn average(pixels: &[u8], width: usize) -> Vec<u8> {
    let row = width * 3;
    let mut small = Vec::with_capacity(pixels.len() / 4);
    for pair in pixels.chunks_exact(2 * row) {
        let (upper, lower) = pair.split_at(row);
        for (above, below) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for i in 0..3 {
                let sum = [above[i], above[i + 3], below[i], below[i + 3]];
                let sum: u32 = sum.into_iter().map(u32::from).sum();
                small.push(((sum + 2) / 4) as u8);
            }
        }
    }
    small
}

/// A PNG file of 8-bit RGB pixels.
#[must_use]
pub fn encode(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut header = Vec::with_capacity(13);
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // Eight bits a channel, RGB, deflate, adaptive filters, not interlaced.
    header.extend([8, 2, 0, 0, 0]);

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"IDAT", &compress(&filter(pixels, width as usize * 3)));
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// Each row as its difference from the row above (filter 2): charts repeat their rows.
fn filter(pixels: &[u8], row: usize) -> Vec<u8> {
    let mut filtered = Vec::with_capacity(pixels.len() + pixels.len() / row);
    let mut above = vec![0; row];
    for line in pixels.chunks_exact(row) {
        filtered.push(2);
        filtered.extend(line.iter().zip(&above).map(|(here, above)| here.wrapping_sub(*above)));
        above.copy_from_slice(line);
    }
    filtered
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    file.extend(kind);
    file.extend(data);
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(data);
    file.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_chunk_has_the_checksum_every_png_ends_with() {
        let mut file = Vec::new();
        chunk(&mut file, *b"IEND", &[]);
        assert_eq!(file, [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82]);
    }

    #[test]
    fn four_pixels_become_their_mean() {
        let pixels = [0, 10, 255, 0, 20, 255, 255, 30, 255, 255, 40, 255];
        assert_eq!(average(&pixels, 2), [128, 25, 255]);
    }
}
