;; Attack: a function with 128 arguments; SQLite allows 127.
;; Expected: refused at load, nothing is registered; the error names the function, 128 and the limit 127.
(module
  (memory (export "memory") 1)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 17) ;; name
    (i32 273 5) ;; version
    (i32 278 13) ;; description
    (i32 304 1) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "manifest-128-args" ;; 256
    "0.1.0" ;; 273
    "A test guest." ;; 278
    "too_many") ;; 291
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 304)
    (i32 0 291 8 128 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    unreachable))
