//! Linker arguments for wasm.

/// Bytes of the engine's stack. SQLite's parser and code generator recurse, and functions that run SQL nest them up to the
/// call depth limit, so Rust's usual 1 MiB is not enough. Pages that are never touched cost nothing.
const STACK_BYTES: u32 = 8 << 20;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../wit");
    println!("cargo::rerun-if-changed=wit");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK_BYTES}");
    }
}
