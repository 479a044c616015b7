;; Attack: a manifest with 4,294,967,295 functions: a host that reserves memory for them first runs out of it.
;; Expected: refused at load, nothing is registered; the error says that the list lies outside the memory.
(module
  (memory (export "memory") 1)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 13) ;; name
    (i32 269 5) ;; version
    (i32 274 13) ;; description
    (i32 512 -1) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "describe-list" ;; 256
    "0.1.0" ;; 269
    "A test guest." ;; 274
    "describe_list") ;; 287
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 304)
    (i32 0 287 13 0 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    unreachable))
