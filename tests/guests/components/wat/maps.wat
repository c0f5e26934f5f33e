;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Component: maps in and out.  sum adds up the values; squares answers the first n numbers with their squares.
;; The text of today's tools; maps.hex is what they make of it, because the tool that builds the others is older than maps.
(component
  (core module $m
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func $realloc (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $top) (i32.const 65536)) (then (unreachable)))
      (local.get $at))
    (func (export "done") (param i32) (global.set $top (i32.const 1024)))
    ;; An entry: the word's pointer and length, then its value; 12 bytes.
    (func (export "sum") (param $at i32) (param $n i32) (result i32)
      (local $sum i32)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $n)))
          (local.set $sum (i32.add (local.get $sum) (i32.load offset=8 (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 12)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next)))
      (global.set $top (i32.const 1024))
      (local.get $sum))
    ;; An entry: a byte, and at 8 a 64-bit number; 16 bytes.
    (func (export "squares") (param $n i32) (result i32)
      (local $at i32) (local $i i32)
      (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.shl (local.get $n) (i32.const 4))))
      (i32.store (i32.const 16) (local.get $at))
      (i32.store (i32.const 20) (local.get $n))
      (block $done
        (loop $next
          (br_if $done (i32.eq (local.get $i) (local.get $n)))
          (i32.store8 (local.get $at) (local.get $i))
          (i64.store offset=8 (local.get $at)
            (i64.mul (i64.extend_i32_u (local.get $i)) (i64.extend_i32_u (local.get $i))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
      (i32.const 16)))
  (core instance $i (instantiate $m))
  (alias core export $i "done" (core func $done))
  (alias core export $i "realloc" (core func $realloc))
  (alias core export $i "memory" (core memory $memory))
  (func (export "sum") (param "of" (map string u32)) (result u32)
    (canon lift (core func $i "sum") (memory $memory) (realloc $realloc)))
  (func (export "squares") (param "n" u8) (result (map u8 u64))
    (canon lift (core func $i "squares") (memory $memory) (post-return $done))))
