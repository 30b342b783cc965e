//! The smallest PNG that holds an image in grey or in up to 256 colours.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// A square image of `side` × `side` grey values as a `data:` URI.
pub(super) fn grey_uri(grey: &[u8], side: usize) -> String {
    format!("data:image/png;base64,{}", base64(&png(grey, side, &[])))
}

/// An image as a `data:` URI: `pixels` are rows of `width`, from the top, each pixel the place of its colour in the
/// palette of at most 256. Three times as small as the colours themselves.
pub(super) fn palette_uri(pixels: &[u8], width: usize, palette: &[[u8; 3]]) -> String {
    format!("data:image/png;base64,{}", base64(&png(pixels, width, palette)))
}

/// A PNG of one byte a pixel: its place in the palette, or how light a grey it is if the palette is empty.
fn png(pixels: &[u8], width: usize, palette: &[[u8; 3]]) -> Vec<u8> {
    let (columns, rows) = ((width as u32).to_be_bytes(), ((pixels.len() / width) as u32).to_be_bytes());
    let kind = if palette.is_empty() { 0 } else { 3 };
    let header = [&columns[..], &rows[..], &[8, kind, 0, 0, 0]].concat(); // 8 bits a pixel, not interlaced
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    for row in pixels.chunks(width) {
        zlib.write_all(&[0]).expect("a Vec takes every write"); // each row names its filter: none
        zlib.write_all(row).expect("a Vec takes every write");
    }
    let data = zlib.finish().expect("a Vec takes every write");

    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let colours = palette.concat();
    for (kind, content) in [(b"IHDR", &header[..]), (b"PLTE", &colours), (b"IDAT", &data), (b"IEND", &[])] {
        if kind == b"PLTE" && palette.is_empty() {
            continue;
        }
        let mut crc = Crc::new();
        crc.update(kind);
        crc.update(content);
        png.extend((content.len() as u32).to_be_bytes());
        png.extend(kind);
        png.extend(content);
        png.extend(crc.sum().to_be_bytes());
    }
    png
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= group.len() { digit.into() } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_the_standard_says() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn png_holds_the_rows_that_went_in() {
        let png = png(&[0, 50, 100, 255], 2, &[]);
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&png[16..24], [0, 0, 0, 2, 0, 0, 0, 2]);
        assert_eq!(&png[png.len() - 8..], b"IEND\xae\x42\x60\x82"); // the standard's own check sum of an empty IEND
        let length = u32::from_be_bytes(png[33..37].try_into().unwrap()) as usize;
        let mut rows = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(&png[41..41 + length]), &mut rows).unwrap();
        assert_eq!(rows, [0, 0, 50, 0, 100, 255]);
    }

    #[test]
    fn a_palette_comes_before_the_pixels() {
        let png = png(&[1, 0, 1], 3, &[[1, 2, 3], [250, 251, 252]]);
        assert_eq!(&png[16..26], [0, 0, 0, 3, 0, 0, 0, 1, 8, 3]);
        assert_eq!(&png[33..47], b"\x00\x00\x00\x06PLTE\x01\x02\x03\xfa\xfb\xfc");
        assert_eq!(&png[55..59], b"IDAT"); // after the check sum and the length
    }
}
