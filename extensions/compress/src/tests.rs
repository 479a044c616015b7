//! Data that other implementations compressed (Python's zlib and gzip, the packages zstandard, lz4 and brotli), and laws that hold
//! for any data.

use sqlink_guest::prelude::*;
use sqlink_guest::testing::call;

use crate::decode::Fault;
use crate::format::Format;

/// `SQLink ` twenty times, in every format.
const SAMPLES: [(Format, &[u8]); 6] = [
    (Format::Deflate, b"\x0b\x0e\xf4\xc9\xcc\xcbV\x08\x1e\x0c\x14\x00"),
    (Format::Zlib, b"x\xda\x0b\x0e\xf4\xc9\xcc\xcbV\x08\x1e\x0c\x14\x00\xce .i"),
    (Format::Gzip, b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\x0b\x0e\xf4\xc9\xcc\xcbV\x08\x1e\x0c\x14\x00\x99B\x1fv\x8c\0\0\0"),
    (
        Format::Zstd,
        b"\x28\xb5\x2f\xfd\x24\x8c\x75\x00\x00\x38\x53\x51\x4c\x69\x6e\x6b\x20\x01\x00\x02\x51\xc5\x08\x08\x87\x35\x44",
    ),
    (Format::Lz4, b"\x04\"M\x18l@\x8c\0\0\0\0\0\0\0\xba\x11\0\0\0\x7fSQLink \x07\x00mPLink \0\0\0\0\xa7Z\xd4\x01"),
    (Format::Brotli, b"\x1b\x8b\x00\xf8\x1d\x096Nq\xcf\xc6\xe4e\xd4\x94[1\xa5\x15\xc8Z\xc4\x16\t\xfc\xf1\x00"),
];

const COMPRESSING: [Format; 5] = [Format::Gzip, Format::Zlib, Format::Deflate, Format::Zstd, Format::Lz4];

fn content() -> Vec<u8> {
    b"SQLink ".repeat(20)
}

/// Bytes that look random, the same in every run.
fn noise(len: usize, mut state: u32) -> Vec<u8> {
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap_or_default()
    };
    (0..len).map(|_| next()).collect()
}

fn code(value: Result<Value, Error>) -> Option<i32> {
    value.err().map(|error| error.code())
}

#[test]
fn what_others_compressed() {
    for (format, data) in SAMPLES {
        assert_eq!(format.decompress(data, 140).ok(), Some(content()), "{format:?}");
        assert!(matches!(format.decompress(data, 139), Err(Fault::TooBig)), "{format:?}");
        assert!(matches!(format.decompress(data, 0), Err(Fault::TooBig)), "{format:?}");
        if !matches!(format, Format::Deflate | Format::Brotli) {
            assert_eq!(Format::of(data), Some(format));
        }
    }
}

#[test]
fn what_is_cut_off_or_goes_on_is_not_valid() {
    for (format, data) in SAMPLES {
        for len in 0..data.len() {
            let result = format.decompress(&data[..len], 1000);
            assert!(matches!(result, Err(Fault::Invalid(_))), "{format:?} cut to {len}: {result:?}");
        }
        for more in [&b"x"[..], b"\0\0\0\0\0\0\0\0", &[0xff; 30]] {
            let result = format.decompress(&[data, more].concat(), 1000);
            assert!(matches!(result, Err(Fault::Invalid(_))), "{format:?} and {more:?}: {result:?}");
        }
    }
}

#[test]
fn changed_data_is_never_a_panic() {
    for (format, data) in SAMPLES {
        for index in 0..data.len() {
            for bit in 0..8 {
                let mut changed = data.to_vec();
                changed[index] ^= 1 << bit;
                if let Ok(output) = format.decompress(&changed, 1000) {
                    // Checksums find every change of content; bits that mean nothing here may change.
                    let checked = !matches!(format, Format::Deflate | Format::Brotli);
                    assert!(!checked || output == content(), "{format:?} {index} {bit}");
                }
            }
        }
        for seed in 0..300 {
            let tail = noise(60, seed);
            let _ = format.decompress(&tail, 1000);
            let head = &data[..data.len().min(4 + seed as usize % 12)];
            let _ = format.decompress(&[head, &tail].concat(), 1000);
        }
    }
}

#[test]
fn several_members_and_frames() {
    for (format, data) in SAMPLES {
        let twice = format.decompress(&[data, data].concat(), 1000);
        if matches!(format, Format::Gzip | Format::Zstd | Format::Lz4) {
            assert_eq!(twice.ok(), Some(content().repeat(2)), "{format:?}");
            assert!(matches!(format.decompress(&[data, data].concat(), 279), Err(Fault::TooBig)), "{format:?}");
        } else {
            assert!(twice.is_err(), "{format:?}");
        }
    }
    // A frame that is skipped, before, between and after.
    let skipped = b"\x5a\x2a\x4d\x18\x03\0\0\0abc";
    let zstd = SAMPLES[3].1;
    let data = [skipped, zstd, skipped, skipped, zstd, skipped].concat();
    assert_eq!(Format::Zstd.decompress(&data, 1000).ok(), Some(content().repeat(2)));
    assert_eq!(Format::of(&data), Some(Format::Zstd));
    assert!(Format::Zstd.decompress(skipped, 1000).is_err());
    assert!(Format::Zstd.decompress(&data[..data.len() - 1], 1000).is_err());
    assert_eq!(Format::of(&skipped.repeat(3)), None);
}

#[test]
fn everything_compressed_comes_back() {
    let samples = [
        Vec::new(),
        vec![0],
        b"abc".to_vec(),
        content(),
        vec![7; 1_000_000],
        noise(100, 1),
        noise(300_000, 2),
        noise(1000, 3).repeat(300),
        (0..200_000_u32).flat_map(u32::to_le_bytes).collect(),
        // Few symbols, in no order.
        noise(400_000, 4).iter().map(|byte| b"ACGT"[usize::from(byte >> 6)]).collect(),
        noise(131_072, 5).iter().map(|byte| byte & 0x7f).collect(),
        noise(131_073, 6).iter().map(|byte| byte.leading_zeros().to_le_bytes()[0]).collect(),
    ];
    for format in COMPRESSING {
        for sample in &samples {
            for level in [0, 1, 6, 9] {
                let Ok(compressed) = format.compress(sample, level) else { panic!("{format:?} {level}") };
                let again = format.decompress(&compressed, sample.len());
                assert!(again.is_ok_and(|again| again == *sample), "{format:?} {level} {}", sample.len());
            }
        }
    }
}

#[test]
fn every_length_around_a_block_comes_back_from_zstd() {
    for len in (0..600).chain(131_068..131_076).chain([262_143, 262_144, 262_145]) {
        for data in [noise(len, 9), noise(len, 9).iter().map(|byte| byte & 3).collect(), vec![1; len]] {
            let Ok(compressed) = Format::Zstd.compress(&data, 1) else { panic!("{len}") };
            assert!(Format::Zstd.decompress(&compressed, len).is_ok_and(|again| again == data), "{len}");
        }
    }
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let Ok(bomb) = Format::Gzip.compress(&vec![0; 100 << 20], 9) else { panic!("gzip has a compressor") };
    assert!(bomb.len() < 200_000);
    assert!(matches!(Format::Gzip.decompress(&bomb, 1 << 20), Err(Fault::TooBig)));
    assert_eq!(code(call::<crate::gzip_decompress>(&[Value::Blob(bomb)])), Some(Error::TOOBIG));
    // A window of gigabytes, before any content.
    let window = [&b"\x28\xb5\x2f\xfd\x00"[..], &[31 << 3], &[1, 0, 0]].concat();
    assert!(matches!(Format::Zstd.decompress(&window, 1000), Err(Fault::Invalid(_))));
}

#[test]
fn archives() {
    let call_both = |content: Value| {
        let size = match &content {
            Value::Blob(data) => i64::try_from(data.len()).unwrap_or(0),
            _ => 0,
        };
        let stored = call::<crate::sqlar_compress>(&[content]);
        let Ok(stored) = stored else { panic!("{stored:?}") };
        (stored.clone(), call::<crate::sqlar_uncompress>(&[stored, size.into()]))
    };
    for content in
        [Value::Blob(content()), Value::Blob(noise(50, 1)), Value::Blob(vec![]), "a link".into(), Value::Null]
    {
        let (_, again) = call_both(content.clone());
        assert_eq!(again, Ok(content));
    }
    let (stored, _) = call_both(Value::Blob(content()));
    assert_eq!(code(call::<crate::sqlar_uncompress>(&[stored.clone(), 139.into()])), Some(Error::TOOBIG));
    assert_eq!(code(call::<crate::sqlar_uncompress>(&[stored, 141.into()])), Some(Error::ERROR));
}

#[test]
fn arguments() {
    let data = || Value::Blob(SAMPLES[2].1.to_vec());
    assert_eq!(call::<crate::decompress>(&[data()]), Ok(Value::Blob(content())));
    assert_eq!(call::<crate::gzip_decompress>(&[Value::Null]), Ok(Value::Null));
    for max in [-1, i64::MIN, i64::MAX, 1_000_000_001] {
        assert_eq!(code(call::<crate::gzip_decompress>(&[data(), max.into()])), Some(Error::RANGE), "{max}");
    }
    for level in [-1, 10, i64::MAX] {
        assert_eq!(code(call::<crate::gzip_compress>(&["a".into(), level.into()])), Some(Error::RANGE), "{level}");
    }
    assert_eq!(code(call::<crate::gzip_decompress>(&["text".into()])), Some(Error::MISMATCH));
    assert_eq!(call::<crate::compression_format>(&[data()]), Ok("gzip".into()));
    assert_eq!(call::<crate::compression_format>(&[Value::Blob(b"BZh9".to_vec())]), Ok("bzip2".into()));
    assert_eq!(call::<crate::compression_format>(&[Value::Blob(vec![])]), Ok(Value::Null));
    let error = call::<crate::decompress>(&[Value::Blob(b"BZh9".to_vec())]);
    assert!(error.is_err_and(|error| error.message().ends_with("found bzip2")));
}
