;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Start sections at three places, each asking the host.
(component
  (import "next" (func $next (result u32)))
  (core func $next (canon lower (func $next)))
  (core module $m
    (import "" "next" (func $next (result i32)))
    (global $g (mut i32) (i32.const 0))
    (func $start (global.set $g (call $next)))
    (start $start)
    (func (export "got") (result i32) (global.get $g)))
  (core module $plain (func (export "one") (result i32) (i32.const 1)))
  (core instance $p (instantiate $plain))
  (core instance $a (instantiate $m (with "" (instance (export "next" (func $next))))))
  (component $inner
    (import "next" (func $next (result u32)))
    (core func $next (canon lower (func $next)))
    (core module $m
      (import "" "next" (func $next (result i32)))
      (global $g (mut i32) (i32.const 0))
      (func $start (global.set $g (i32.add (call $next) (call $next))))
      (start $start)
      (func (export "got") (result i32) (global.get $g)))
    (core instance $a (instantiate $m (with "" (instance (export "next" (func $next))))))
    (func (export "got") (result u32) (canon lift (core func $a "got"))))
  (instance $i (instantiate $inner (with "next" (func $next))))
  (core instance $b (instantiate $m (with "" (instance (export "next" (func $next))))))
  (func (export "a") (result u32) (canon lift (core func $a "got")))
  (export "i" (func $i "got"))
  (func (export "b") (result u32) (canon lift (core func $b "got")))
)
