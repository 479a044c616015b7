;; Attack: two functions with one id.
;; Expected: refused at load, nothing is registered; the error names the id 7.
(module
  (memory (export "memory") 1)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 21) ;; name
    (i32 277 5) ;; version
    (i32 282 13) ;; description
    (i32 336 2) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "manifest-duplicate-id" ;; 256
    "0.1.0" ;; 277
    "A test guest." ;; 282
    "first_of_seven" ;; 295
    "second_of_seven") ;; 309
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 336)
    (i32 7 295 14 1 0)
    (i32 7 309 15 1 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    unreachable))
