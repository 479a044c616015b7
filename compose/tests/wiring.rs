//! Components whose types keep to the contract and whose insides don't keep to wit-component's: made by changing the text
//! of one that does.

mod support;

use anyhow::{Context, Result, bail};
use sqlink_compose::{LinkError, MAX_INPUT_BYTES, link, verify};

/// A correct extension with every import, in text.
fn text() -> Result<String> {
    wasmprinter::print_bytes(support::extension("")?)
}

/// Replaces `from`, which must be there, once.
fn replace(text: &str, from: &str, to: &str) -> Result<String> {
    if !text.contains(from) {
        bail!("the component has no `{from}`:\n{text}");
    }
    Ok(text.replacen(from, to, 1))
}

/// Links a changed component; returns what the direct linker says it found.
fn refused(text: &str) -> Result<String> {
    let bytes = wat::parse_str(text)?;
    verify(&bytes, "x.wasm").context("`verify` must accept it")?;
    match link(&bytes, "x.wasm") {
        Err(LinkError::Shape { found, .. }) => Ok(found),
        other => bail!("expected a refused shape, found {other:?}"),
    }
}

#[test]
fn one_import_lowered_as_another() -> Result<()> {
    // `query` and `execute` have one core signature, so only following the wires tells them apart.
    let query = r#"(alias export $sqlink:extension/spi@0.1.0 "query""#;
    let swapped = replace(&text()?, query, r#"(alias export $sqlink:extension/spi@0.1.0 "execute""#)?;
    let found = refused(&swapped)?;
    assert!(found.ends_with("that is wired to something else"), "{found}");
    Ok(())
}

#[test]
fn swapped_slots() -> Result<()> {
    // `query` and `execute` again, in the table this time.
    let found = refused(&replace(
        &text()?,
        "(elem (;0;) (i32.const 0) func 0 1 2 3 4 5 6 7 8",
        "(elem (;0;) (i32.const 0) func 0 1 2 3 4 5 6 8 7",
    )?)?;
    assert!(found.ends_with("that is wired to something else"), "{found}");
    Ok(())
}

#[test]
fn a_shim_that_does_more() -> Result<()> {
    let text = replace(&text()?, "i32.const 0\n      call_indirect", "i32.const 0\n      nop\n      call_indirect")?;
    assert_eq!(refused(&text)?, "more core modules than the main one, shim and fixup");
    Ok(())
}

#[test]
fn another_core_module() -> Result<()> {
    let text = text()?;
    let end = text.trim_end().strip_suffix(')').context("no end")?;
    let found = refused(&format!("{end}(core module $m (func $f) (start $f)) (core instance (instantiate $m)))"))?;
    assert_eq!(found, "more core modules than the main one, shim and fixup");
    Ok(())
}

#[test]
fn a_component_that_is_never_instantiated() -> Result<()> {
    let text = text()?;
    let end = text.trim_end().strip_suffix(')').context("no end")?;
    let bytes = wat::parse_str(format!("{end}(component (core module (func))))"))?;
    assert_eq!(link(&bytes, "x.wasm")?, link(&wat::parse_str(text)?, "x.wasm")?);
    Ok(())
}

#[test]
fn another_export_name() -> Result<()> {
    let text = text()?;
    let renamed = text.replace("sqlink:extension/scalar@0.1.0#call\"", "call\"");
    let found = refused(&renamed)?;
    assert_eq!(found, "`sqlink:extension/scalar@0.1.0#call` as core export `call`");
    Ok(())
}

#[test]
fn another_allocator() -> Result<()> {
    let text = text()?.replace("\"cabi_realloc\"", "\"malloc\"");
    let found = refused(&text)?;
    assert_eq!(found, "a canonical option that is not the main core module's `cabi_realloc`");
    Ok(())
}

#[test]
fn wasi() -> Result<()> {
    let patch = "-    import spi;\n+    import spi;\n+    import wasi:cli/exit@0.2.0;\n";
    let wasi = "package wasi:cli@0.2.0 { interface exit { exit: func(); } }\n";
    let (resolve, package) = support::parse(&format!("{}{wasi}", support::changed(patch)?))?;
    let bytes = support::dummy(&resolve, &[package], "extension")?;
    assert_eq!(verify(&bytes, "x.wasm")?.wasi, ["wasi:cli/exit@0.2.0"]);
    let error = link(&bytes, "x.wasm").map_err(|error| (error.is_shape(), error.to_string()));
    let message = "`x.wasm` can't be linked directly: found imports of WASI (wasi:cli/exit@0.2.0), expected imports of the \
                   contract only; a component runtime or jco takes it";
    assert_eq!(error.map(|_| ()), Err((true, message.to_owned())));
    Ok(())
}

#[test]
fn every_truncation_is_an_error() -> Result<()> {
    let bytes = support::extension("")?;
    let whole = link(&bytes, "x.wasm")?;
    let mut truncated = 0;
    // Every third: all of them take half a minute.
    for length in (0..bytes.len()).step_by(3) {
        match link(&bytes[..length], "x.wasm") {
            // Without the custom sections at its end it is the same component, and without its last exports one that
            // offers less.
            Ok(linked) if linked.core == whole.core && linked.exports.iter().all(|e| whole.exports.contains(e)) => {}
            Ok(_) => bail!("linked the first {length} bytes of {}", bytes.len()),
            Err(LinkError::Truncated { found, expected, .. }) => {
                truncated += 1;
                assert_eq!(found, length as u64);
                assert!(expected > found && expected <= bytes.len() as u64);
            }
            // Cut between two sections, it is a component that lacks exports, or one with a dangling index.
            Err(LinkError::NotWasm { .. } | LinkError::MissingExport { .. } | LinkError::Invalid { .. }) => {}
            Err(error) => bail!("unexpected at {length}: {error}"),
        }
    }
    assert!(truncated > bytes.len() / 6, "only {truncated} of {} were called truncated", bytes.len() / 3);
    Ok(())
}

#[test]
fn a_flipped_bit_is_refused_or_harmless() -> Result<()> {
    // Nothing may panic, and whatever is linked is a valid core module.
    let bytes = support::extension("")?;
    for at in (0..bytes.len()).step_by(3) {
        // One bit of each third byte, all eight in turn.
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        if let Ok(linked) = link(&flipped, "x.wasm") {
            wasmparser::Validator::new().validate_all(&linked.core).with_context(|| format!("byte {at}"))?;
        }
    }
    Ok(())
}

#[test]
fn a_100_mb_file() {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize(100_000_000, 0);
    let error = link(&bytes, "big.wasm").map(|_| ()).map_err(|error| error.to_string());
    let message = "`big.wasm` is too large: found 100000000 bytes, expected at most 67108864";
    assert_eq!(error, Err(message.to_owned()));
    assert_eq!(MAX_INPUT_BYTES, 67_108_864);
}

#[test]
fn unknown_version_bytes() {
    let error = link(b"\0asm\x02\0\0\0", "x.wasm").map(|_| ()).map_err(|error| error.to_string());
    let message = "`x.wasm` is a WebAssembly file of an unknown kind: found version bytes `02 00 00 00`, expected those of \
                   a component, `0d 00 01 00`";
    assert_eq!(error, Err(message.to_owned()));
}

#[test]
fn too_much_of_everything() -> Result<()> {
    let count = |text: &str| -> Result<(&'static str, u64)> {
        match verify(&wat::parse_str(text)?, "x.wasm") {
            Err(LinkError::TooMany { what, limit, .. }) => Ok((what, limit)),
            other => bail!("expected too many of something, found {other:?}"),
        }
    };
    let modules = format!("(component {})", "(core module)".repeat(65));
    assert_eq!(count(&modules)?, ("core modules", 64));
    let components = format!("(component {})", "(component)".repeat(257));
    assert_eq!(count(&components)?, ("nested components", 256));
    let levels = format!("(component {}{})", "(component ".repeat(9), ")".repeat(9));
    assert_eq!(count(&levels)?, ("levels of nested components", 8));
    let types = format!("(component {})", "(type (list u8))".repeat(50_001));
    assert_eq!(count(&types)?, ("definitions", 50_000));
    Ok(())
}

#[test]
fn deep_and_wide_types_are_cut_in_messages() -> Result<()> {
    // A type of 2^20 parts, by naming the one before twice.
    let mut wit = String::from("-    call: func(id: u32, args: list<value>) -> result<value, error>;\n");
    for level in 1..=18 {
        let before = if level == 1 { "string".to_owned() } else { format!("t{}", level - 1) };
        wit.push_str(&format!("+    type t{level} = tuple<{before}, {before}>;\n"));
    }
    wit.push_str("+    call: func(id: u32, args: t18) -> result<value, error>;\n");
    let (resolve, package) = support::parse(&support::changed(&wit)?)?;
    let Ok(bytes) = support::dummy(&resolve, &[package], "extension") else {
        // Too large for the validator that wit-component runs: then no such file exists either.
        return Ok(());
    };
    match verify(&bytes, "x.wasm") {
        Err(error) => assert!(error.to_string().len() < 8_000, "{} bytes", error.to_string().len()),
        Ok(_) => bail!("accepted"),
    }
    Ok(())
}
