;; Attack: describe calls an import, which the contract forbids: it could make the manifest depend on the host. It
;;   ignores the answer and returns a good manifest.
;; Expected: refused at load, nothing is registered; the error names the import.
(module
  (import "sqlink:extension/random@0.1.0" "bytes" (func $random (param i32 i32)))
  (memory (export "memory") 1)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 15) ;; name
    (i32 271 5) ;; version
    (i32 276 13) ;; description
    (i32 304 1) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "describe-import" ;; 256
    "0.1.0" ;; 271
    "A test guest." ;; 276
    "describe_import") ;; 289
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 304)
    (i32 0 289 15 0 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    ;; The result goes to address 1024.
    (call $random (i32.const 16) (i32.const 1024))
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable)
  ;; Memory for the arguments of one call, from 8192 on.
  (global $next (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $len)))
    (local.get $at)))
