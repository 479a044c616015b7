;; A second extension with hooks, for what becomes of several: second_refuse(hook) has a hook refuse, second_calls(hook) is how
;;   often it was called since this was asked last. Hooks are 0 for `authorize`, which denies DROP TABLE only, 1 `update`,
;;   2 `preupdate`, 3 `commit`, 4 `rollback`; 5 for none.
(module
  (memory (export "memory") 1)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 6) ;; name
    (i32 262 5) ;; version
    (i32 267 13) ;; description
    (i32 320 2) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 31) ;; all hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "second" ;; 256
    "0.1.0" ;; 262
    "A test guest." ;; 267
    "second_refuse" ;; 280
    "second_calls" ;; 293
    "no") ;; 305
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 320)
    (i32 0 280 13 1 0)
    (i32 1 293 12 1 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  ;; The argument is an integer.
  (func (export "sqlink:extension/scalar@0.1.0#call") (param $id i32) (param $args i32) (param $count i32) (result i32)
    (local $hook i32)
    (local $value i32)
    (global.set $next (i32.const 8192))
    (local.set $hook (i32.load offset=8 (local.get $args)))
    (if (local.get $id)
      (then ;; second_calls
        (local.set $value (i32.load (call $counter (local.get $hook))))
        (i32.store (call $counter (local.get $hook)) (i32.const 0)))
      (else ;; second_refuse
        (local.set $value (local.get $hook))
        (global.set $refuses (local.get $hook))))
    ;; The result `ok(integer($value))`, at 1024.
    (i32.store8 (i32.const 1024) (i32.const 0))
    (i32.store8 (i32.const 1032) (i32.const 1))
    (i64.store (i32.const 1040) (i64.extend_i32_u (local.get $value)))
    (i32.const 1024))
  ;; Which hook refuses.
  (global $refuses (mut i32) (i32.const 5))
  ;; Where the calls of a hook are counted, from 512 on.
  (func $counter (param $hook i32) (result i32)
    (i32.add (i32.const 512) (i32.mul (local.get $hook) (i32.const 4))))
  ;; Counts a call, and gives `ok($value)` or `err(error { code: 1, message: "no" })`, at 1056.
  (func $result (param $hook i32) (param $value i32) (param $fails i32) (result i32)
    (i32.store
      (call $counter (local.get $hook))
      (i32.add (i32.load (call $counter (local.get $hook))) (i32.const 1)))
    (i32.store8 (i32.const 1056) (local.get $fails))
    (if (local.get $fails)
      (then
        (i32.store (i32.const 1060) (i32.const 1))
        (i32.store (i32.const 1064) (i32.const 305))
        (i32.store (i32.const 1068) (i32.const 2)))
      (else (i32.store8 (i32.const 1060) (local.get $value))))
    (global.set $next (i32.const 8192))
    (i32.const 1056))
  (func $refuses (param $hook i32) (result i32)
    (i32.eq (global.get $refuses) (local.get $hook)))
  (func (export "sqlink:extension/hooks@0.1.0#authorize")
    (param $action i32)
    (param i32 i32 i32) ;; first
    (param i32 i32 i32) ;; second
    (param i32 i32 i32) ;; database
    (param i32 i32 i32) ;; trigger
    (result i32)
    ;; 11 is drop-table; the verdict 1 denies.
    (call $result
      (i32.const 0)
      (i32.and (call $refuses (i32.const 0)) (i32.eq (local.get $action) (i32.const 11)))
      (i32.const 0)))
  (func (export "sqlink:extension/hooks@0.1.0#update")
    (param $operation i32) (param i32 i32) (param i32 i32) (param $rowid i64) (result i32)
    (call $result (i32.const 1) (i32.const 0) (call $refuses (i32.const 1))))
  (func (export "sqlink:extension/hooks@0.1.0#preupdate")
    (param $operation i32)
    (param i32 i32) ;; database
    (param i32 i32) ;; table
    (param $depth i32)
    (param $old_rowid i64)
    (param $new_rowid i64)
    (param i32 i32) ;; old values
    (param i32 i32) ;; new values
    (result i32)
    (call $result (i32.const 2) (i32.const 0) (call $refuses (i32.const 2))))
  (func (export "sqlink:extension/hooks@0.1.0#commit") (result i32)
    (call $result (i32.const 3) (i32.eqz (call $refuses (i32.const 3))) (i32.const 0)))
  (func (export "sqlink:extension/hooks@0.1.0#rollback")
    (drop (call $result (i32.const 4) (i32.const 0) (i32.const 0))))
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
