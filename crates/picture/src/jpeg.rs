//! What the segments of a JPEG file say before it is decoded (ITU-T T.81, annex B).

/// What there is to know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// It comes in several scans, each of the whole picture.
    pub(crate) is_progressive: bool,
    /// Its end is there. A file that broke off while it was copied has none.
    pub(crate) is_whole: bool,
    /// How often it goes over the picture. Each time costs as much, however little it brings.
    pub(crate) scans: usize,
    /// Pixels across and down, as the frame says.
    pub(crate) sides: (u32, u32),
    /// Samples of all components in one unit of the frame, and pixels of it: 6 and 4 where colours have half the sides.
    samples: (u32, u32),
}

impl Head {
    /// How many a decoder keeps that needs more than one scan.
    pub(crate) fn coefficients(&self) -> u64 {
        let (width, height) = self.sides;
        let (samples, pixels) = self.samples;
        u64::from(width) * u64::from(height) * u64::from(samples) / u64::from(pixels.max(1))
    }
}

/// None for what is no JPEG file, or one whose segments lead nowhere.
pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    let mut is_progressive = false;
    let mut sides = (0, 0);
    let mut samples = (3, 1);
    loop {
        // Any number of 0xff may stand before a marker.
        let [0xff, marker, after @ ..] = rest else { return None };
        match marker {
            0xff => rest = &rest[1..],
            // They have no length.
            0x01 | 0xd0..=0xd7 => rest = after,
            _ => {
                // SOF2, SOF6, SOF10 and SOF14.
                is_progressive |= matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
                // A frame, of whatever kind: its precision, then its sides. The others in between are tables.
                if let (0xc0..=0xcf, [_, _, _, down @ ..]) = (marker, after)
                    && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
                    && let [down1, down0, across1, across0, count, components @ ..] = down
                {
                    let side = |high: &u8, low: &u8| u32::from(u16::from_be_bytes([*high, *low]));
                    sides = (side(across1, across0), side(down1, down0));
                    let components = components.chunks_exact(3).take(usize::from(*count));
                    let factors = components.map(|part| (u32::from(part[1] >> 4), u32::from(part[1] & 15)));
                    let wide = factors.clone().map(|(h, _)| h).max().unwrap_or(1);
                    let high = factors.clone().map(|(_, v)| v).max().unwrap_or(1);
                    samples = (factors.map(|(h, v)| h * v).sum(), wide * high);
                }
                let [high, low, ..] = after else { return None };
                rest = after.get(usize::from(u16::from_be_bytes([*high, *low]))..)?;
                // The first scan. A thumbnail lies in a segment before it, with an end of its own.
                if *marker == 0xda {
                    // In a scan, 0xff is never followed by another marker's byte.
                    let count = |marker: u8| rest.windows(2).filter(|two| **two == [0xff, marker]).count();
                    let (scans, is_whole) = (1 + count(0xda), count(0xd9) > 0);
                    return Some(Head { is_progressive, is_whole, scans, sides, samples });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A start, a segment with a thumbnail, a frame of this kind, a scan, and the end.
    fn file(frame: u8, end: &[u8]) -> Vec<u8> {
        let parts: [&[u8]; 5] = [
            &[0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9],
            &[0xff, 0xff, frame, 0, 17, 8, 1, 44, 1, 144, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0],
            &[0xff, 0xda, 0, 2],
            &[1, 2, 3],
            end,
        ];
        parts.concat()
    }

    #[test]
    fn says_what_is_progressive_and_what_broke_off() {
        let (end, sides, samples): (&[u8], _, _) = (&[0xff, 0xd9], (400, 300), (6, 4));
        assert_eq!(head(&file(0xc2, end)).map(|head| head.coefficients()), Some(180_000));
        assert_eq!(
            head(&file(0xc0, end)),
            Some(Head { is_progressive: false, is_whole: true, scans: 1, sides, samples })
        );
        assert_eq!(
            head(&file(0xc2, end)),
            Some(Head { is_progressive: true, is_whole: true, scans: 1, sides, samples })
        );
        assert_eq!(
            head(&file(0xc0, &[])),
            Some(Head { is_progressive: false, is_whole: false, scans: 1, sides, samples })
        );
        assert_eq!(head(b"\x89PNG"), None);
        for length in 0..file(0xc0, &[]).len() - 5 {
            assert_eq!(head(&file(0xc0, end)[..length]), None, "{length} bytes");
        }
    }
}
