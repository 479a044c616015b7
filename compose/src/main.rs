//! Command line.
use anyhow::Context;
fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let bytes = std::fs::read(&args[1]).context("read")?;
    let v = sqlink_compose::verify(&bytes, &args[1])?;
    println!("{v:?}");
    let l = sqlink_compose::link(&bytes, &args[1])?;
    println!("{} -> {} {:?}", bytes.len(), l.core.len(), l.imports);
    if let Some(out) = args.get(2) {
        std::fs::write(out, l.core)?;
    }
    Ok(())
}
