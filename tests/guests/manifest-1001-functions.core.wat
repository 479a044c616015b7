;; Attack: 1,001 functions; a host takes 1,000.
;; Expected: refused at load, nothing is registered; the error names the number and the limit.
(module
  (memory (export "memory") 1)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 23) ;; name
    (i32 279 5) ;; version
    (i32 284 13) ;; description
    (i32 4096 1001) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "manifest-1001-functions" ;; 256
    "0.1.0" ;; 279
    "A test guest.") ;; 284
  ;; 1,001 records from 4096 on: id, name `f0000` to `f1000` from 32768 on, 0 arguments, no flags.
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (local $index i32) (local $record i32) (local $name i32)
    (loop $next
      (local.set $record (i32.add (i32.const 4096) (i32.mul (local.get $index) (i32.const 20))))
      (local.set $name (i32.add (i32.const 32768) (i32.mul (local.get $index) (i32.const 5))))
      (i32.store (local.get $record) (local.get $index))
      (i32.store offset=4 (local.get $record) (local.get $name))
      (i32.store offset=8 (local.get $record) (i32.const 5))
      (i32.store offset=12 (local.get $record) (i32.const 0))
      (i32.store offset=16 (local.get $record) (i32.const 0))
      (i32.store8 (local.get $name) (i32.const 0x66))
      (i32.store8 offset=1 (local.get $name) (call $digit (local.get $index) (i32.const 1000)))
      (i32.store8 offset=2 (local.get $name) (call $digit (local.get $index) (i32.const 100)))
      (i32.store8 offset=3 (local.get $name) (call $digit (local.get $index) (i32.const 10)))
      (i32.store8 offset=4 (local.get $name) (call $digit (local.get $index) (i32.const 1)))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $index) (i32.const 1000))))
    (i32.const 16))
  (func $digit (param $number i32) (param $unit i32) (result i32)
    (i32.add (i32.const 0x30) (i32.rem_u (i32.div_u (local.get $number) (local.get $unit)) (i32.const 10))))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    unreachable))
