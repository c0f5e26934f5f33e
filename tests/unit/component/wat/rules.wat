;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Rules of entering and leaving, each broken by a function of its own.
(component
  (import "next" (func $next (result u32)))
  (core func $next (canon lower (func $next)))
  (core module $m
    (import "" "next" (func $next (result i32)))
    (memory (export "memory") 1)
    (table (export "table") 2 funcref)
    (type $t (func (result i32)))
    (func (export "realloc-leaves") (param i32 i32 i32 i32) (result i32) (call $next))
    (func (export "realloc-odd") (param i32 i32 i32 i32) (result i32) (i32.const 3))
    (func (export "realloc-far") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
    (func (export "take") (param i32 i32))
    (func (export "give") (result i32) (i32.const 5))
    (func (export "post-leaves") (param i32) (drop (call $next)))
    (func (export "call-child") (result i32) (call_indirect (type $t) (i32.const 0)))
    (func (export "back") (result i32) (i32.add (i32.const 10) (call $next)))
    (func (export "in-again") (result i32) (call_indirect (type $t) (i32.const 1))))
  (core instance $i (instantiate $m (with "" (instance (export "next" (func $next))))))
  (func $back (result u32) (canon lift (core func $i "back")))
  (func $in-again (result u32) (canon lift (core func $i "in-again")))
  (component $child
    (import "back" (func $back (result u32)))
    (import "in-again" (func $in-again (result u32)))
    (core func $back (canon lower (func $back)))
    (core func $in-again (canon lower (func $in-again)))
    (core module $m
      (import "" "back" (func $back (result i32)))
      (import "" "in-again" (func $in-again (result i32)))
      (func (export "go") (result i32) (i32.add (i32.const 100) (call $back)))
      (func (export "go-again") (result i32) (call $in-again)))
    (core instance $i (instantiate $m (with "" (instance
      (export "back" (func $back)) (export "in-again" (func $in-again))))))
    (func (export "go") (result u32) (canon lift (core func $i "go")))
    (func (export "go-again") (result u32) (canon lift (core func $i "go-again"))))
  (instance $c (instantiate $child (with "back" (func $back)) (with "in-again" (func $in-again))))
  (core func $go (canon lower (func $c "go")))
  (core func $go-again (canon lower (func $c "go-again")))
  (core module $fix
    (import "" "table" (table 2 funcref))
    (import "" "go" (func $go (result i32)))
    (import "" "go-again" (func $go-again (result i32)))
    (elem (i32.const 0) func $go $go-again))
  (core instance (instantiate $fix (with "" (instance
    (export "table" (table $i "table")) (export "go" (func $go)) (export "go-again" (func $go-again))))))
  (func (export "realloc-leaves") (param "s" string)
    (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc-leaves"))))
  (func (export "realloc-odd") (param "s" (list u32))
    (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc-odd"))))
  (func (export "realloc-far") (param "s" string)
    (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc-far"))))
  (func (export "post-leaves") (result u32)
    (canon lift (core func $i "give") (post-return (core func $i "post-leaves"))))
  ;; parent, child, parent: allowed
  (func (export "call-child") (result u32) (canon lift (core func $i "call-child")))
  ;; parent, child, parent, child: not
  (func (export "call-again") (result u32) (canon lift (core func $i "in-again")))
)
