;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Plain core module: no imports, an exported memory, functions of several types; no _start, no _initialize.
(module
  (memory (export "memory") 1 4)
  (global $count (export "count") (mut i32) (i32.const 0))
  (data (i32.const 16) "plain")
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "halve") (param f64) (result f64)
    (f64.mul (local.get 0) (f64.const 0.5)))
  (func (export "poke") (param i32 i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store (local.get 0) (local.get 1)))
  (func (export "peek") (param i32) (result i32)
    (i32.load (local.get 0)))
  (func (export "grow") (param i32) (result i32)
    (memory.grow (local.get 0))))
