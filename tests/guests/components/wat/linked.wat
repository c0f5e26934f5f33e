;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Component: core modules that share everything, as dynamic libraries do: $base has memory, table, stack pointer and the
;; allocator; $sort and $sum are linked against it, call each other through the table, and $sort has a start function that puts
;; its comparison there.
(component
  (core module $base
    (memory (export "memory") 1)
    (table (export "table") 4 funcref)
    (global $top (export "top") (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
        (then (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))
          (then (unreachable)))))
      (local.get $at))
    (func (export "done") (param i32) (global.set $top (i32.const 1024))))

  (core module $sort
    (import "base" "memory" (memory 1))
    (import "base" "table" (table 4 funcref))
    (type $compare (func (param i32 i32) (result i32)))
    (func $up (param i32 i32) (result i32) (i32.gt_s (local.get 0) (local.get 1)))
    (func $down (param i32 i32) (result i32) (i32.lt_s (local.get 0) (local.get 1)))
    (func $start
      (table.set (i32.const 0) (ref.func $up))
      (table.set (i32.const 1) (ref.func $down)))
    (elem declare func $up $down)
    (start $start)
    ;; By insertion; `how` is the index of the comparison.
    (func (export "sort") (param $at i32) (param $n i32) (param $how i32)
      (local $i i32) (local $j i32) (local $p i32) (local $x i32)
      (local.set $i (i32.const 1))
      (block $done
        (loop $next
          (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
          (local.set $x (i32.load (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 2)))))
          (local.set $j (local.get $i))
          (block $placed
            (loop $shift
              (br_if $placed (i32.eqz (local.get $j)))
              (local.set $p (i32.add (local.get $at) (i32.shl (local.get $j) (i32.const 2))))
              (br_if $placed (i32.eqz (call_indirect (type $compare)
                (i32.load (i32.sub (local.get $p) (i32.const 4))) (local.get $x) (local.get $how))))
              (i32.store (local.get $p) (i32.load (i32.sub (local.get $p) (i32.const 4))))
              (local.set $j (i32.sub (local.get $j) (i32.const 1)))
              (br $shift)))
          (i32.store (i32.add (local.get $at) (i32.shl (local.get $j) (i32.const 2))) (local.get $x))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))))

  (core module $main
    (import "base" "memory" (memory 1))
    (import "base" "table" (table 4 funcref))
    (import "base" "top" (global $top (mut i32)))
    (import "sort" "sort" (func $sort (param i32 i32 i32)))
    (func $larger (param i32 i32) (result i32)
      (i32.lt_u
        (i32.xor (local.get 0) (i32.shr_s (local.get 0) (i32.const 31)))
        (i32.xor (local.get 1) (i32.shr_s (local.get 1) (i32.const 31)))))
    (elem (i32.const 2) func $larger)
    (func $sorted (export "sorted") (param $at i32) (param $n i32) (param $how i32) (result i32)
      (call $sort (local.get $at) (local.get $n) (local.get $how))
      (i32.store (i32.const 16) (local.get $at))
      (i32.store (i32.const 20) (local.get $n))
      (i32.const 16))
    ;; How much memory is in use: seen through the shared global.
    (func (export "used") (result i32) (i32.sub (global.get $top) (i32.const 1024))))

  (core instance $base (instantiate $base))
  (alias core export $base "done" (core func $done))
  (alias core export $base "realloc" (core func $realloc))
  (core instance $sort (instantiate $sort (with "base" (instance $base))))
  (core instance $main (instantiate $main (with "base" (instance $base)) (with "sort" (instance $sort))))
  (alias core export $base "memory" (core memory $memory))
  (type $how' (enum "up" "down" "by-size"))
  (export $how "how" (type $how'))
  (func (export "sorted") (param "values" (list s32)) (param "how" $how) (result (list s32))
    (canon lift (core func $main "sorted") (memory $memory) (realloc $realloc)
      (post-return $done)))
  (func (export "used") (result u32) (canon lift (core func $main "used"))))
