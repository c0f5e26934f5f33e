;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Component: four levels of nesting, a type from outside by alias, a component and a module passed in as arguments, one
;; component instantiated three times with state of its own, and a host's clock stood in for by a sibling.
(component
  (type $reading (record (field "ticks" u64) (field "by" u32)))
  (export $reading' "reading" (type $reading))

  ;; Counts in steps; a core module with a start function that begins at the step.
  (core module $counter
    (import "config" "step" (global $step i32))
    (global $n (mut i32) (i32.const 0))
    (func $begin (global.set $n (global.get $step)))
    (start $begin)
    (func (export "tick") (result i32)
      (global.set $n (i32.add (global.get $n) (global.get $step)))
      (global.get $n)))

  (component $clock
    (import "counter" (core module $counter
      (import "config" "step" (global i32))
      (export "tick" (func (result i32)))))
    (import "config" (core module $config (export "step" (global i32))))
    (core instance $config (instantiate $config))
    (core instance $i (instantiate $counter (with "config" (instance $config))))
    (func (export "tick") (result u32) (canon lift (core func $i "tick"))))

  (core module $one (global (export "step") i32 (i32.const 1)))
  (core module $ten (global (export "step") i32 (i32.const 10)))

  (component $room
    (import "clock" (component $clock
      (import "counter" (core module (import "config" "step" (global i32)) (export "tick" (func (result i32)))))
      (import "config" (core module (export "step" (global i32))))
      (export "tick" (func (result u32)))))
    (import "counter" (core module $counter (import "config" "step" (global i32)) (export "tick" (func (result i32)))))
    (import "config" (core module $config (export "step" (global i32))))
    (instance $a (instantiate $clock (with "counter" (core module $counter)) (with "config" (core module $config))))
    (instance $b (instantiate $clock (with "counter" (core module $counter)) (with "config" (core module $config))))
    (core func $ta (canon lower (func $a "tick")))
    (core func $tb (canon lower (func $b "tick")))
    (component $inner
      (component $innermost
        (import "a" (func $a (result u32)))
        (core func $la (canon lower (func $a)))
        (core module $m
          (import "" "a" (func $a (result i32)))
          (func (export "twice") (result i32) (drop (call $a)) (call $a)))
        (core instance $i (instantiate $m (with "" (instance (export "a" (func $la))))))
        (func (export "twice") (result u32) (canon lift (core func $i "twice"))))
      (import "a" (func $a (result u32)))
      (instance $x (instantiate $innermost (with "a" (func $a))))
      (export "twice" (func $x "twice")))
    (instance $x (instantiate $inner (with "a" (func $a "tick"))))
    (export "twice" (func $x "twice"))
    (export "other" (func $b "tick")))

  (instance $slow (instantiate $room
    (with "clock" (component $clock)) (with "counter" (core module $counter)) (with "config" (core module $one))))
  (instance $fast (instantiate $room
    (with "clock" (component $clock)) (with "counter" (core module $counter)) (with "config" (core module $ten))))

  ;; Brings the two together and makes the record of the outer type.
  (component $both
    (import "reading" (type $reading (eq $reading')))
    (import "slow" (func $slow (result u32)))
    (import "fast" (func $fast (result u32)))
    (core func $ls (canon lower (func $slow)))
    (core func $lf (canon lower (func $fast)))
    (core module $m
      (import "" "slow" (func $slow (result i32)))
      (import "" "fast" (func $fast (result i32)))
      (memory (export "memory") 1)
      (func (export "read") (result i32)
        (i64.store (i32.const 16) (i64.extend_i32_u (call $slow)))
        (i32.store (i32.const 24) (call $fast))
        (i32.const 16)))
    (core instance $i (instantiate $m (with "" (instance (export "slow" (func $ls)) (export "fast" (func $lf))))))
    (alias core export $i "memory" (core memory $memory))
    (func (export "read") (result $reading) (canon lift (core func $i "read") (memory $memory))))
  (instance $both (instantiate $both
    (with "reading" (type $reading')) (with "slow" (func $slow "twice")) (with "fast" (func $fast "twice"))))

  (export "read" (func $both "read"))
  (export "slow-other" (func $slow "other"))
  (export "fast-other" (func $fast "other")))
