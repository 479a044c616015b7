(module
  (type (;0;) (func))
  (type (;1;) (func (param i32 i32 i32 i32) (result i32)))
  (type (;2;) (func (result i32)))
  (type (;3;) (func (param i32 i32 i32) (result i32)))
  (memory (;0;) 1 4096)
  (global $started (;0;) (mut i32) i32.const 0)
  (export "memory" (memory 0))
  (export "cabi_realloc" (func 1))
  (export "sqlink:extension/metadata@0.1.0#describe" (func 2))
  (export "sqlink:extension/scalar@0.1.0#call" (func 3))
  (start $start)
  (func $start (;0;) (type 0)
    i32.const 1
    global.set $started
  )
  (func (;1;) (type 1) (param i32 i32 i32 i32) (result i32)
    unreachable
  )
  (func (;2;) (type 2) (result i32)
    i32.const 0
  )
  (func (;3;) (type 3) (param i32 i32 i32) (result i32)
    i32.const 0
  )
)
