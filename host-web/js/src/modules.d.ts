/** The adapter's bytes, which the build puts into the script: it is smaller than a request. */
declare module "sqlink:adapter" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** In Workers an imported .wasm file is a compiled module. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
