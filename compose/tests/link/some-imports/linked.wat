(module $main
  (type (;0;) (func (param i32 i32 i32 i32 i32)))
  (type (;1;) (func (param i32 i32 i32)))
  (type (;2;) (func (param i32 i32 i32 i32) (result i32)))
  (type (;3;) (func (result i32)))
  (type (;4;) (func (param i32 i32 i32) (result i32)))
  (type (;5;) (func (param i32)))
  (import "sqlink:extension/spi@0.1.0" "execute" (func $execute (;0;) (type 0) (param i32 i32 i32 i32 i32)))
  (import "sqlink:extension/log@0.1.0" "write" (func $write (;1;) (type 1) (param i32 i32 i32)))
  (table (;0;) 1 funcref)
  (memory (;0;) 1 4096)
  (export "memory" (memory 0))
  (export "cabi_realloc" (func $realloc))
  (export "sqlink:extension/metadata@0.1.0#describe" (func $describe))
  (export "sqlink:extension/scalar@0.1.0#call" (func $call))
  (export "cabi_post_sqlink:extension/scalar@0.1.0#call" (func $free))
  (elem (;0;) (i32.const 0) func $write)
  (func $realloc (;2;) (type 2) (param i32 i32 i32 i32) (result i32)
    i32.const 64
  )
  (func $describe (;3;) (type 3) (result i32)
    i32.const 0
    i32.const 8
    i32.const 5
    call $write
    i32.const 0
  )
  (func $call (;4;) (type 4) (param i32 i32 i32) (result i32)
    i32.const 8
    i32.const 5
    i32.const 0
    i32.const 0
    i32.const 32
    call $execute
    i32.const 32
  )
  (func $free (;5;) (type 5) (param i32))
  (data (;0;) (i32.const 8) "hello")
)
