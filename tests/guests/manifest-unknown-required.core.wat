;; Attack: requires a capability that no host has.
;; Expected: refused at load, nothing is registered; the error names `teleport`.
(module
  (memory (export "memory") 1)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 25) ;; name
    (i32 281 5) ;; version
    (i32 286 13) ;; description
    (i32 336 1) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 368 1) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "manifest-unknown-required" ;; 256
    "0.1.0" ;; 281
    "A test guest." ;; 286
    "teleport" ;; 299
    "it wants to be elsewhere") ;; 307
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 336)
    (i32 0 299 8 0 0))
  ;; Required capabilities: name and reason.
  (data (i32.const 368)
    (i32 299 8 307 24))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    unreachable))
