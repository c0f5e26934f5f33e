;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Component: variants whose cases share their flat places (f32, f64, s64 and a pair of s32 in two i64), records, options and
;; flags, all by hand.
(component
  (core module $m
    (memory (export "memory") 1)
    ;; circle(f32) square(f64) strip(s64) box((s32, s32)) point
    (func (export "area") (param $case i32) (param $a i64) (param $b i32) (result f64)
      (block $point
        (block $box
          (block $strip
            (block $square
              (block $circle
                (br_table $circle $square $strip $box $point (local.get $case)))
              (return (f64.mul (f64.const 3) (f64.mul
                (f64.promote_f32 (f32.reinterpret_i32 (i32.wrap_i64 (local.get $a))))
                (f64.promote_f32 (f32.reinterpret_i32 (i32.wrap_i64 (local.get $a))))))))
            (return (f64.mul (f64.reinterpret_i64 (local.get $a)) (f64.reinterpret_i64 (local.get $a)))))
          (return (f64.convert_i64_s (local.get $a))))
        (return (f64.convert_i32_s (i32.mul (i32.wrap_i64 (local.get $a)) (local.get $b)))))
      (f64.const 0))

    ;; The same variant out: half of what it was.
    (func (export "half") (param $case i32) (param $a i64) (param $b i32) (result i32)
      (i32.store8 (i32.const 16) (local.get $case))
      (block $point
        (block $box
          (block $strip
            (block $square
              (block $circle
                (br_table $circle $square $strip $box $point (local.get $case)))
              (f32.store (i32.const 24)
                (f32.mul (f32.const 0.5) (f32.reinterpret_i32 (i32.wrap_i64 (local.get $a)))))
              (return (i32.const 16)))
            (f64.store (i32.const 24) (f64.mul (f64.const 0.5) (f64.reinterpret_i64 (local.get $a))))
            (return (i32.const 16)))
          (i64.store (i32.const 24) (i64.div_s (local.get $a) (i64.const 2)))
          (return (i32.const 16)))
        (i32.store (i32.const 24) (i32.div_s (i32.wrap_i64 (local.get $a)) (i32.const 2)))
        (i32.store (i32.const 28) (i32.div_s (local.get $b) (i32.const 2)))
        (return (i32.const 16)))
      (i32.const 16))

    ;; Flags: those in exactly one of two sets.
    (func (export "differ") (param $a i32) (param $b i32) (result i32) (i32.xor (local.get $a) (local.get $b)))

    ;; option<option<u8>>: none 0, some(none) 1, some(some(n)) n + 2.
    (func (export "told") (param $outer i32) (param $inner i32) (param $n i32) (result i32)
      (if (i32.eqz (local.get $outer)) (then (return (i32.const 0))))
      (if (i32.eqz (local.get $inner)) (then (return (i32.const 1))))
      (i32.add (local.get $n) (i32.const 2)))

    ;; result<u64, enum>: the square root by bisection.
    (func (export "root") (param $n i64) (result i32)
      (local $r i64)
      (if (i64.gt_u (local.get $n) (i64.const 0xffffffff))
        (then
          (i32.store8 (i32.const 16) (i32.const 1))
          (i32.store8 (i32.const 24) (i32.const 1))
          (return (i32.const 16))))
      (block $found
        (loop $next
          (br_if $found (i64.ge_u (i64.mul (local.get $r) (local.get $r)) (local.get $n)))
          (local.set $r (i64.add (local.get $r) (i64.const 1)))
          (br $next)))
      (i32.store8 (i32.const 16) (i64.ne (i64.mul (local.get $r) (local.get $r)) (local.get $n)))
      (i64.store (i32.const 24) (local.get $r))
      (if (i32.load8_u (i32.const 16)) (then (i32.store8 (i32.const 24) (i32.const 0))))
      (i32.const 16)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))

  (type $shape' (variant
    (case "circle" f32) (case "square" f64) (case "strip" s64) (case "box" (tuple s32 s32)) (case "point")))
  (export $shape "shape" (type $shape'))
  (type $days' (flags "mo" "tu" "we" "th" "fr" "sa" "su"))
  (export $days "days" (type $days'))
  (type $trouble' (enum "no-square" "too-large"))
  (export $trouble "trouble" (type $trouble'))
  (func (export "area") (param "of" $shape) (result f64) (canon lift (core func $i "area")))
  (func (export "half") (param "of" $shape) (result $shape) (canon lift (core func $i "half") (memory $memory)))
  (func (export "differ") (param "a" $days) (param "b" $days) (result $days) (canon lift (core func $i "differ")))
  (func (export "told") (param "it" (option (option u8))) (result u32) (canon lift (core func $i "told")))
  (func (export "root") (param "of" u64) (result (result u64 (error $trouble)))
    (canon lift (core func $i "root") (memory $memory))))
