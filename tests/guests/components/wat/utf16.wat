;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Component: texts in UTF-16, by hand.  mirror turns a text round, surrogate pairs as one; swap gives both the other way.
(component
  (core module $m
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 64))

    ;; A bump allocator: everything is given back when a call is over; what grows or shrinks was made last.
    (func $realloc (export "realloc") (param $old i32) (param $n i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (select
        (local.get $old)
        (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8))
        (local.get $old)))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (block $fits
        (br_if $fits (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $fits (i32.ne (i32.const -1)
          (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))))
        (unreachable))
      (local.get $at))
    (func (export "done") (param i32) (global.set $top (i32.const 64)))

    (func $high (param $unit i32) (result i32)
      (i32.eq (i32.and (local.get $unit) (i32.const 0xfc00)) (i32.const 0xd800)))

    (func (export "mirror") (param $at i32) (param $units i32) (result i32)
      (local $out i32) (local $unit i32)
      (local.set $out (call $realloc (i32.const 0) (i32.const 0) (i32.const 2) (i32.shl (local.get $units) (i32.const 1))))
      (i32.store (i32.const 16) (local.get $out))
      (i32.store (i32.const 20) (local.get $units))
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $units) (i32.const 1))))
      (block $end
        (loop $next
          (br_if $end (i32.eqz (local.get $units)))
          (local.set $unit (i32.load16_u (local.get $at)))
          (if (call $high (local.get $unit))
            (then
              (local.set $out (i32.sub (local.get $out) (i32.const 4)))
              (i32.store align=2 (local.get $out) (i32.load align=2 (local.get $at)))
              (local.set $at (i32.add (local.get $at) (i32.const 4)))
              (local.set $units (i32.sub (local.get $units) (i32.const 2))))
            (else
              (local.set $out (i32.sub (local.get $out) (i32.const 2)))
              (i32.store16 (local.get $out) (local.get $unit))
              (local.set $at (i32.add (local.get $at) (i32.const 2)))
              (local.set $units (i32.sub (local.get $units) (i32.const 1)))))
          (br $next)))
      (i32.const 16))

    ;; The arguments lie where the result may point: nothing is copied.
    (func (export "swap") (param $a i32) (param $n i32) (param $b i32) (param $m i32) (result i32)
      (i32.store (i32.const 16) (local.get $b))
      (i32.store (i32.const 20) (local.get $m))
      (i32.store (i32.const 24) (local.get $a))
      (i32.store (i32.const 28) (local.get $n))
      (i32.const 16))

    (func (export "units") (param i32) (param $units i32) (result i32) (local.get $units)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (alias core export $i "done" (core func $done))

  (func (export "mirror") (param "text" string) (result string)
    (canon lift (core func $i "mirror") (memory $memory) (realloc $realloc) (post-return $done) string-encoding=utf16))
  (func (export "swap") (param "a" string) (param "b" string) (result (tuple string string))
    (canon lift (core func $i "swap") (memory $memory) (realloc $realloc) (post-return $done) string-encoding=utf16))
  (func (export "units") (param "text" string) (result u32)
    (canon lift (core func $i "units") (memory $memory) (realloc $realloc) string-encoding=utf16)))
