(module
  (type (;0;) (func (param i32 i32 i32 i32) (result i32)))
  (type (;1;) (func (result i32)))
  (type (;2;) (func (param i32 i32 i32 i32 i32) (result i32)))
  (memory (;0;) 1 4096)
  (export "memory" (memory 0))
  (export "cabi_realloc" (func 0))
  (export "sqlink:extension/metadata@0.1.0#describe" (func 1))
  (export "sqlink:extension/collation@0.1.0#compare" (func 2))
  (func (;0;) (type 0) (param i32 i32 i32 i32) (result i32)
    unreachable
  )
  (func (;1;) (type 1) (result i32)
    i32.const 0
  )
  (func (;2;) (type 2) (param i32 i32 i32 i32 i32) (result i32)
    i32.const 0
  )
)
