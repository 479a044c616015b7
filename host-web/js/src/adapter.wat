;; Carries one scalar call from the engine's memory to a guest's memory and its result back, without JavaScript in
;; between. One instance per guest instance.
;;
;; The engine is trusted, the guest is not: arguments are read from the engine's memory only (the guest's `cabi_realloc`
;; runs guest code and may rewrite what was already lowered), every pointer a guest returns is checked for alignment and
;; against the size of its memory before it is used, and tags are checked before they reach the engine.
;;
;; `call` returns 0 the result is in `out`; 1 the guest returned an error; 2 the result is over the output limit, its length is in `out`; from 3
;; on the guest broke the canonical ABI: 3 `cabi_realloc` misaligned, 4 `cabi_realloc` out of bounds, 5 result pointer
;; misaligned, 6 result pointer out of bounds, 7 unknown case of `result`, 8 unknown case of `value`, 9 string or list
;; out of bounds. A trap of the guest leaves as an exception, which the JavaScript frame around this call catches.
;;
;; A value is 16 bytes, 8-byte aligned, on both sides: case at 0 (0 null, 1 integer, 2 real, 3 text, 4 blob), payload
;; at 8 (s64, f64, or pointer and length). `out`, in the engine's memory: the value at 0, the address of a
;; buffer for its bytes at 16, the buffer's capacity at 20, the error's code at 24.
(module
  (import "engine" "memory" (memory $engine 1))
  ;; grow(out, len): address of a buffer of at least `len` bytes, or 0 if that is over the output limit.
  (import "engine" "grow" (func $grow (param i32 i32) (result i32)))
  (import "guest" "memory" (memory $guest 1))
  (import "guest" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "guest" "call" (func $call (param i32 i32 i32) (result i32)))
  (import "guest" "post" (func $post (param i32)))

  ;; True when `len` bytes from `ptr` lie inside the guest's memory.
  (func $inside (param $ptr i32) (param $len i32) (result i32)
    (i64.le_u
      (i64.add (i64.extend_i32_u (local.get $ptr)) (i64.extend_i32_u (local.get $len)))
      (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16))))

  (func (export "call") (param $id i32) (param $args i32) (param $count i32) (param $out i32) (result i32)
    (local $list i32) (local $bytes i32) (local $from i32) (local $to i32) (local $end i32)
    (local $tag i32) (local $ptr i32) (local $len i32) (local $ret i32) (local $status i32)

    ;; Lower the arguments: the list first, then the strings in order, as the canonical ABI does.
    (local.set $bytes (i32.shl (local.get $count) (i32.const 4)))
    (local.set $list (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get $bytes)))
    (if (i32.and (local.get $list) (i32.const 7)) (then (return (i32.const 3))))
    (if (i32.eqz (call $inside (local.get $list) (local.get $bytes))) (then (return (i32.const 4))))
    (local.set $from (local.get $args))
    (local.set $to (local.get $list))
    (local.set $end (i32.add (local.get $args) (local.get $bytes)))
    (block $lowered
      (loop $next
        (br_if $lowered (i32.eq (local.get $from) (local.get $end)))
        (local.set $tag (i32.load8_u $engine (local.get $from)))
        (i64.store $guest (local.get $to) (i64.extend_i32_u (local.get $tag)))
        (if (i32.lt_u (local.get $tag) (i32.const 3))
          (then
            (i64.store $guest offset=8 (local.get $to) (i64.load $engine offset=8 (local.get $from))))
          (else
            (local.set $len (i32.load $engine offset=12 (local.get $from)))
            (local.set $ptr (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $len)))
            (if (i32.eqz (call $inside (local.get $ptr) (local.get $len))) (then (return (i32.const 4))))
            (memory.copy $guest $engine
              (local.get $ptr) (i32.load $engine offset=8 (local.get $from)) (local.get $len))
            (i32.store $guest offset=8 (local.get $to) (local.get $ptr))
            (i32.store $guest offset=12 (local.get $to) (local.get $len))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next)))

    (local.set $ret (call $call (local.get $id) (local.get $list) (local.get $count)))

    ;; result<value, error>: case at 0; value at 8; or code at 8, message at 12. 24 bytes, 8-byte aligned.
    (if (i32.and (local.get $ret) (i32.const 7)) (then (return (i32.const 5))))
    (if (i32.eqz (call $inside (local.get $ret) (i32.const 24))) (then (return (i32.const 6))))
    (local.set $status (i32.load8_u $guest (local.get $ret)))
    (if (i32.gt_u (local.get $status) (i32.const 1)) (then (return (i32.const 7))))
    (block $done
      (block $bytes_back
        (if (local.get $status)
          (then
            (i32.store $engine offset=24 (local.get $out) (i32.load $guest offset=8 (local.get $ret)))
            (i32.store $engine (local.get $out) (i32.const 0))
            (local.set $ptr (i32.load $guest offset=12 (local.get $ret)))
            (local.set $len (i32.load $guest offset=16 (local.get $ret)))
            (br $bytes_back)))
        (local.set $tag (i32.load8_u $guest offset=8 (local.get $ret)))
        (if (i32.gt_u (local.get $tag) (i32.const 4)) (then (return (i32.const 8))))
        (i32.store $engine (local.get $out) (local.get $tag))
        (if (i32.ge_u (local.get $tag) (i32.const 3))
          (then
            (local.set $ptr (i32.load $guest offset=16 (local.get $ret)))
            (local.set $len (i32.load $guest offset=20 (local.get $ret)))
            (br $bytes_back)))
        (i64.store $engine offset=8 (local.get $out) (i64.load $guest offset=16 (local.get $ret)))
        (br $done))
      ;; Copy the text, the blob or the error's message.
      (if (i32.eqz (call $inside (local.get $ptr) (local.get $len))) (then (return (i32.const 9))))
      (i32.store $engine offset=12 (local.get $out) (local.get $len))
      (local.set $to (i32.load $engine offset=16 (local.get $out)))
      (if (i32.gt_u (local.get $len) (i32.load $engine offset=20 (local.get $out)))
        (then
          (local.set $to (call $grow (local.get $out) (local.get $len)))
          (if (i32.eqz (local.get $to)) (then (local.set $status (i32.const 2)) (br $done)))))
      (memory.copy $engine $guest (local.get $to) (local.get $ptr) (local.get $len))
      (i32.store $engine offset=8 (local.get $out) (local.get $to)))
    (call $post (local.get $ret))
    (local.get $status)))
