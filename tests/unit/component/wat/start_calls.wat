;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; A start section that calls another component's function, before the instance is made.
(component
  (component $inner
    (core module $m (func (export "f") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "f") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "f"))))
  (instance $in (instantiate $inner))
  (core func $f (canon lower (func $in "f")))
  (core module $outer
    (import "in" "f" (func $f (param i32 i32) (result i32)))
    (global $sum (mut i32) (i32.const 0))
    (func $start (global.set $sum (call $f (i32.const 3) (i32.const 4))))
    (start $start)
    (func (export "sum") (result i32) (global.get $sum)))
  (core instance $given (export "f" (func $f)))
  (core instance $o (instantiate $outer (with "in" (instance $given))))
  (func (export "sum") (result u32) (canon lift (core func $o "sum"))))
