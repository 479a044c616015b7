;; Carries the frequent calls from the engine's memory to a guest's memory and their results back, without JavaScript in
;; between. One instance per guest instance.
;;
;; The engine is trusted, the guest is not: arguments are read from the engine's memory only (the guest's `cabi_realloc`
;; runs guest code and may rewrite what was already lowered), every pointer a guest returns is checked for alignment and
;; against the size of its memory before it is used, and tags are checked before they reach the engine.
;;
;; Every call returns 0 for its result in `out`; 1 the guest returned an error; 2 the result is over the output limit, its length
;; is in `out`; from 3 on the call ended the instance: 3 `cabi_realloc` misaligned, 4 `cabi_realloc` out of bounds, 5 result
;; pointer misaligned, 6 result pointer out of bounds, 7 unknown case of `result`, 8 unknown case of `value`, 9 string or list
;; out of bounds, 10 list misaligned. A trap of the guest leaves as an exception, which the JavaScript frame around this call
;; catches.
;;
;; A value is 16 bytes, 8-byte aligned, on both sides: case at 0 (0 null, 1 integer, 2 real, 3 text, 4 blob), payload
;; at 8 (s64, f64, or pointer and length). `out`, in the engine's memory: the value at 0 (the error's message, as a payload), the
;; address of a buffer for its bytes at 16, the buffer's capacity at 20, the error's code or the call's number at 24.
(module
  (import "engine" "memory" (memory $engine 1))
  ;; grow(out, len): address of a buffer of at least `len` bytes, or 0 if that is over the output limit.
  (import "engine" "grow" (func $grow (param i32 i32) (result i32)))
  ;; room(rows, cells, bytes): address of the addresses of rowids, cells and bytes of the batch, or 0 if it can't be right.
  (import "engine" "room" (func $room (param i32 i32 i32) (result i32)))
  (import "guest" "memory" (memory $guest 1))
  (import "guest" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  ;; The guest's functions; what it does not export is never called.
  (import "guest" "call" (func $call (param i32 i32 i32) (result i32)))
  (import "guest" "callPost" (func $call_post (param i32)))
  (import "guest" "step" (func $step (param i32 i32 i32 i32) (result i32)))
  (import "guest" "stepPost" (func $step_post (param i32)))
  (import "guest" "inverse" (func $inverse (param i32 i32 i32 i32) (result i32)))
  (import "guest" "inversePost" (func $inverse_post (param i32)))
  (import "guest" "current" (func $current (param i32 i32) (result i32)))
  (import "guest" "currentPost" (func $current_post (param i32)))
  (import "guest" "finish" (func $finish (param i32 i32) (result i32)))
  (import "guest" "finishPost" (func $finish_post (param i32)))
  (import "guest" "compare" (func $compare (param i32 i32 i32 i32 i32) (result i32)))
  (import "guest" "nextBatch" (func $next_batch (param i32 i32) (result i32)))
  (import "guest" "nextBatchPost" (func $next_batch_post (param i32)))

  ;; True when `len` bytes from `ptr` lie inside the guest's memory.
  (func $inside (param $ptr i32) (param $len i32) (result i32)
    (i64.le_u
      (i64.add (i64.extend_i32_u (local.get $ptr)) (i64.extend_i32_u (local.get $len)))
      (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16))))

  ;; The status for a list of `len` items of `size` bytes, aligned to 8, from `ptr`: 0 if it lies inside the guest's memory.
  (func $list (param $ptr i32) (param $len i32) (param $size i64) (result i32)
    (if (i32.and (local.get $ptr) (i32.const 7)) (then (return (i32.const 10))))
    (if (result i32)
      (i64.le_u
        (i64.add
          (i64.extend_i32_u (local.get $ptr))
          (i64.mul (i64.extend_i32_u (local.get $len)) (local.get $size)))
        (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16)))
      (then (i32.const 0))
      (else (i32.const 9))))

  ;; Copies `len` bytes of the engine into the guest: their place there, and 0 or the status to return.
  (func $lower_bytes (param $from i32) (param $len i32) (result i32 i32)
    (local $to i32)
    (local.set $to (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $len)))
    (if (i32.eqz (call $inside (local.get $to) (local.get $len)))
      (then (return (local.get $to) (i32.const 4))))
    (memory.copy $guest $engine (local.get $to) (local.get $from) (local.get $len))
    (local.get $to)
    (i32.const 0))

  ;; Copies `count` values of the engine into the guest, the list first, then the strings in order, as the canonical ABI
  ;; does: their place there, and 0 or the status to return.
  (func $lower (param $args i32) (param $count i32) (result i32 i32)
    (local $list i32) (local $bytes i32) (local $to i32) (local $end i32)
    (local $tag i32) (local $ptr i32) (local $len i32) (local $status i32)
    (local.set $bytes (i32.shl (local.get $count) (i32.const 4)))
    (local.set $list (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get $bytes)))
    (if (i32.and (local.get $list) (i32.const 7)) (then (return (local.get $list) (i32.const 3))))
    (if (i32.eqz (call $inside (local.get $list) (local.get $bytes)))
      (then (return (local.get $list) (i32.const 4))))
    (local.set $to (local.get $list))
    (local.set $end (i32.add (local.get $args) (local.get $bytes)))
    (block $lowered
      (loop $next
        (br_if $lowered (i32.eq (local.get $args) (local.get $end)))
        (local.set $tag (i32.load8_u $engine (local.get $args)))
        (i64.store $guest (local.get $to) (i64.extend_i32_u (local.get $tag)))
        (if (i32.lt_u (local.get $tag) (i32.const 3))
          (then
            (i64.store $guest offset=8 (local.get $to) (i64.load $engine offset=8 (local.get $args))))
          (else
            (local.set $len (i32.load $engine offset=12 (local.get $args)))
            (call $lower_bytes (i32.load $engine offset=8 (local.get $args)) (local.get $len))
            (local.set $status)
            (local.set $ptr)
            (if (local.get $status) (then (return (local.get $list) (local.get $status))))
            (i32.store $guest offset=8 (local.get $to) (local.get $ptr))
            (i32.store $guest offset=12 (local.get $to) (local.get $len))))
        (local.set $args (i32.add (local.get $args) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next)))
    (local.get $list)
    (i32.const 0))

  ;; Copies a text, a blob or an error's message into the buffer of `out`: 0, or the status to return.
  (func $lift_bytes (param $ptr i32) (param $len i32) (param $out i32) (result i32)
    (local $to i32)
    (if (i32.eqz (call $inside (local.get $ptr) (local.get $len))) (then (return (i32.const 9))))
    (i32.store $engine offset=12 (local.get $out) (local.get $len))
    (local.set $to (i32.load $engine offset=16 (local.get $out)))
    (if (i32.gt_u (local.get $len) (i32.load $engine offset=20 (local.get $out)))
      (then
        (local.set $to (call $grow (local.get $out) (local.get $len)))
        (if (i32.eqz (local.get $to)) (then (return (i32.const 2))))))
    (memory.copy $engine $guest (local.get $to) (local.get $ptr) (local.get $len))
    (i32.store $engine offset=8 (local.get $out) (local.get $to))
    (i32.const 0))

  ;; Copies the error at `at` in the guest's memory into `out`: 1, or a greater status to return.
  (func $lift_error (param $at i32) (param $out i32) (result i32)
    (local $status i32)
    (i32.store $engine offset=24 (local.get $out) (i32.load $guest (local.get $at)))
    (i32.store $engine (local.get $out) (i32.const 0))
    (local.set $status
      (call $lift_bytes
        (i32.load $guest offset=4 (local.get $at)) (i32.load $guest offset=8 (local.get $at)) (local.get $out)))
    (select (local.get $status) (i32.const 1) (local.get $status)))

  ;; The status for a result of `size` bytes at `ret`: its case, or from 3 on why it can't be read.
  (func $case (param $ret i32) (param $size i32) (param $align i32) (result i32)
    (local $case i32)
    (if (i32.and (local.get $ret) (i32.sub (local.get $align) (i32.const 1))) (then (return (i32.const 5))))
    (if (i32.eqz (call $inside (local.get $ret) (local.get $size))) (then (return (i32.const 6))))
    (local.set $case (i32.load8_u $guest (local.get $ret)))
    (select (i32.const 7) (local.get $case) (i32.gt_u (local.get $case) (i32.const 1))))

  ;; Copies a result<value, error> into `out` and gives the status. 24 bytes, 8-byte aligned: case at 0; value at 8; or
  ;; code at 8, message at 12.
  (func $lift_value (param $ret i32) (param $out i32) (result i32)
    (local $tag i32) (local $status i32)
    (local.set $status (call $case (local.get $ret) (i32.const 24) (i32.const 8)))
    (if (local.get $status)
      (then
        (if (i32.ne (local.get $status) (i32.const 1)) (then (return (local.get $status))))
        (return (call $lift_error (i32.add (local.get $ret) (i32.const 8)) (local.get $out)))))
    (local.set $tag (i32.load8_u $guest offset=8 (local.get $ret)))
    (if (i32.gt_u (local.get $tag) (i32.const 4)) (then (return (i32.const 8))))
    (i32.store $engine (local.get $out) (local.get $tag))
    (if (i32.ge_u (local.get $tag) (i32.const 3))
      (then
        (return
          (call $lift_bytes
            (i32.load $guest offset=16 (local.get $ret)) (i32.load $guest offset=20 (local.get $ret))
            (local.get $out)))))
    (i64.store $engine offset=8 (local.get $out) (i64.load $guest offset=16 (local.get $ret)))
    (i32.const 0))

  ;; Copies the error of a result<_, error> into `out`, and gives the status. 16 bytes, 4-byte aligned: case at 0, code at 4,
  ;; message at 8.
  (func $lift_end (param $ret i32) (param $out i32) (result i32)
    (local $status i32)
    (local.set $status (call $case (local.get $ret) (i32.const 16) (i32.const 4)))
    (if (i32.ne (local.get $status) (i32.const 1)) (then (return (local.get $status))))
    (call $lift_error (i32.add (local.get $ret) (i32.const 4)) (local.get $out)))

  ;; Copies a result<batch, error> into the engine's batch and gives the status. 24 bytes, 4-byte aligned: case at 0; rowids
  ;; at 4, values at 12, last at 20; or code at 4, message at 8.
  (func $lift_batch (param $ret i32) (param $out i32) (result i32)
    (local $rowids i32) (local $rows i32) (local $from i32) (local $count i32) (local $end i32) (local $at i32)
    (local $places i32) (local $to i32) (local $bytes i32) (local $used i32)
    (local $tag i32) (local $len i32) (local $sum i64) (local $status i32)
    (local.set $status (call $case (local.get $ret) (i32.const 24) (i32.const 4)))
    (if (local.get $status)
      (then
        (if (i32.ne (local.get $status) (i32.const 1)) (then (return (local.get $status))))
        (return (call $lift_error (i32.add (local.get $ret) (i32.const 4)) (local.get $out)))))
    (local.set $rowids (i32.load $guest offset=4 (local.get $ret)))
    (local.set $rows (i32.load $guest offset=8 (local.get $ret)))
    (local.set $status (call $list (local.get $rowids) (local.get $rows) (i64.const 8)))
    (if (local.get $status) (then (return (local.get $status))))
    (local.set $from (i32.load $guest offset=12 (local.get $ret)))
    (local.set $count (i32.load $guest offset=16 (local.get $ret)))
    (local.set $status (call $list (local.get $from) (local.get $count) (i64.const 16)))
    (if (local.get $status) (then (return (local.get $status))))

    ;; Check every value and sum the bytes up: the guest does not run until they are copied.
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 4))))
    (local.set $at (local.get $from))
    (block $checked
      (loop $next
        (br_if $checked (i32.eq (local.get $at) (local.get $end)))
        (local.set $tag (i32.load8_u $guest (local.get $at)))
        (if (i32.gt_u (local.get $tag) (i32.const 4)) (then (return (i32.const 8))))
        (if (i32.ge_u (local.get $tag) (i32.const 3))
          (then
            (local.set $len (i32.load $guest offset=12 (local.get $at)))
            (if (i32.eqz (call $inside (i32.load $guest offset=8 (local.get $at)) (local.get $len)))
              (then (return (i32.const 9))))
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $len))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))

    (local.set $places
      (call $room (local.get $rows) (local.get $count)
        (select (i32.const -1) (i32.wrap_i64 (local.get $sum)) (i64.gt_u (local.get $sum) (i64.const 0xffff_ffff)))))
    ;; The engine says why.
    (if (i32.eqz (local.get $places)) (then (return (i32.const 0))))
    (memory.copy $engine $guest
      (i32.load $engine (local.get $places)) (local.get $rowids) (i32.shl (local.get $rows) (i32.const 3)))
    ;; Values are the same on both sides, but for the places of texts and blobs: those are offsets into the bytes.
    (local.set $to (i32.load $engine offset=4 (local.get $places)))
    (memory.copy $engine $guest
      (local.get $to) (local.get $from) (i32.shl (local.get $count) (i32.const 4)))
    (local.set $bytes (i32.load $engine offset=8 (local.get $places)))
    (block $copied
      (loop $next
        (br_if $copied (i32.eq (local.get $from) (local.get $end)))
        (if (i32.ge_u (i32.load8_u $guest (local.get $from)) (i32.const 3))
          (then
            (local.set $len (i32.load $guest offset=12 (local.get $from)))
            (memory.copy $engine $guest
              (i32.add (local.get $bytes) (local.get $used)) (i32.load $guest offset=8 (local.get $from))
              (local.get $len))
            (i32.store $engine offset=8 (local.get $to) (local.get $used))
            (local.set $used (i32.add (local.get $used) (local.get $len)))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next)))
    (i32.store $engine offset=24 (local.get $out)
      (i32.ne (i32.load8_u $guest offset=20 (local.get $ret)) (i32.const 0)))
    (i32.const 0))

  (func (export "call") (param $id i32) (param $args i32) (param $count i32) (param $out i32) (result i32)
    (local $list i32) (local $status i32) (local $ret i32)
    (call $lower (local.get $args) (local.get $count))
    (local.set $status)
    (local.set $list)
    (if (local.get $status) (then (return (local.get $status))))
    (local.set $ret (call $call (local.get $id) (local.get $list) (local.get $count)))
    (local.set $status (call $lift_value (local.get $ret) (local.get $out)))
    (if (i32.lt_u (local.get $status) (i32.const 3)) (then (call $call_post (local.get $ret))))
    (local.get $status))

  (func (export "step")
    (param $id i32) (param $context i32) (param $args i32) (param $count i32) (param $out i32) (result i32)
    (local $list i32) (local $status i32) (local $ret i32)
    (call $lower (local.get $args) (local.get $count))
    (local.set $status)
    (local.set $list)
    (if (local.get $status) (then (return (local.get $status))))
    (local.set $ret (call $step (local.get $id) (local.get $context) (local.get $list) (local.get $count)))
    (local.set $status (call $lift_end (local.get $ret) (local.get $out)))
    (if (i32.lt_u (local.get $status) (i32.const 3)) (then (call $step_post (local.get $ret))))
    (local.get $status))

  (func (export "inverse")
    (param $id i32) (param $context i32) (param $args i32) (param $count i32) (param $out i32) (result i32)
    (local $list i32) (local $status i32) (local $ret i32)
    (call $lower (local.get $args) (local.get $count))
    (local.set $status)
    (local.set $list)
    (if (local.get $status) (then (return (local.get $status))))
    (local.set $ret (call $inverse (local.get $id) (local.get $context) (local.get $list) (local.get $count)))
    (local.set $status (call $lift_end (local.get $ret) (local.get $out)))
    (if (i32.lt_u (local.get $status) (i32.const 3)) (then (call $inverse_post (local.get $ret))))
    (local.get $status))

  (func (export "current") (param $id i32) (param $context i32) (param $out i32) (result i32)
    (local $status i32) (local $ret i32)
    (local.set $ret (call $current (local.get $id) (local.get $context)))
    (local.set $status (call $lift_value (local.get $ret) (local.get $out)))
    (if (i32.lt_u (local.get $status) (i32.const 3)) (then (call $current_post (local.get $ret))))
    (local.get $status))

  (func (export "finish") (param $id i32) (param $context i32) (param $out i32) (result i32)
    (local $status i32) (local $ret i32)
    (local.set $ret (call $finish (local.get $id) (local.get $context)))
    (local.set $status (call $lift_value (local.get $ret) (local.get $out)))
    (if (i32.lt_u (local.get $status) (i32.const 3)) (then (call $finish_post (local.get $ret))))
    (local.get $status))

  (func (export "compare")
    (param $id i32) (param $left i32) (param $left_len i32) (param $right i32) (param $right_len i32) (param $out i32)
    (result i32)
    (local $status i32)
    (call $lower_bytes (local.get $left) (local.get $left_len))
    (local.set $status)
    (local.set $left)
    (if (local.get $status) (then (return (local.get $status))))
    (call $lower_bytes (local.get $right) (local.get $right_len))
    (local.set $status)
    (local.set $right)
    (if (local.get $status) (then (return (local.get $status))))
    (i32.store $engine offset=24 (local.get $out)
      (call $compare
        (local.get $id) (local.get $left) (local.get $left_len) (local.get $right) (local.get $right_len)))
    (i32.const 0))

  (func (export "nextBatch") (param $cursor i32) (param $max_rows i32) (param $out i32) (result i32)
    (local $status i32) (local $ret i32)
    (local.set $ret (call $next_batch (local.get $cursor) (local.get $max_rows)))
    (local.set $status (call $lift_batch (local.get $ret) (local.get $out)))
    (if (i32.lt_u (local.get $status) (i32.const 3)) (then (call $next_batch_post (local.get $ret))))
    (local.get $status)))
