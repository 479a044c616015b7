;; Attack: two functions whose names differ in the case of ASCII letters only, which SQLite does not tell apart.
;; Expected: refused at load, nothing is registered; the error names the function.
(module
  (memory (export "memory") 1)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 23) ;; name
    (i32 279 5) ;; version
    (i32 284 13) ;; description
    (i32 320 2) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "manifest-duplicate-case" ;; 256
    "0.1.0" ;; 279
    "A test guest." ;; 284
    "Twice" ;; 297
    "tWICE") ;; 302
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 320)
    (i32 0 297 5 1 0)
    (i32 1 302 5 1 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    unreachable))
