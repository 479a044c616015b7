;; Attack: asks for 300 MiB of memory at the start; the default limit is 256 MiB.
;; Expected: refused at load: `memory-limit`.
(module
  (memory (export "memory") 4800)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 11) ;; name
    (i32 267 5) ;; version
    (i32 272 13) ;; description
    (i32 304 1) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "memory-huge" ;; 256
    "0.1.0" ;; 267
    "A test guest." ;; 272
    "memory_huge") ;; 285
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 304)
    (i32 0 285 11 0 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    unreachable))
