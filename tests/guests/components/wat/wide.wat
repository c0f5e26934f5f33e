;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Component: the widths at the limits: 16 flat arguments and 17, 32 flags, a tuple of 20, names with digits and capitals,
;; NaN, and a trap after which nothing may be called.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "sixteen") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (i32.sub (i32.add (local.get 0) (local.get 15)) (local.get 7)))
    (func (export "seventeen") (param $at i32) (result i32)
      (i32.sub
        (i32.add (i32.load8_u (local.get $at)) (i32.load8_u offset=16 (local.get $at)))
        (i32.load8_u offset=7 (local.get $at))))
    (func (export "invert") (param i32) (result i32) (i32.xor (local.get 0) (i32.const -1)))
    (func (export "twenty") (result i32)
      (local $i i32)
      (loop $next
        (i32.store16 (i32.add (i32.const 64) (i32.shl (local.get $i) (i32.const 1)))
          (i32.mul (local.get $i) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 20))))
      (i32.const 64))
    (func (export "quotient") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1)))
    (func (export "divide") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (alias core export $i "realloc" (core func $realloc))
  (alias core export $i "memory" (core memory $memory))
  (func (export "sixteen")
    (param "a1" u8) (param "a2" u8) (param "a3" u8) (param "a4" u8) (param "a5" u8) (param "a6" u8) (param "a7" u8)
    (param "a8" u8) (param "a9" u8) (param "a10" u8) (param "a11" u8) (param "a12" u8) (param "a13" u8) (param "a14" u8)
    (param "a15" u8) (param "a16" u8) (result u32)
    (canon lift (core func $i "sixteen")))
  (func (export "seventeen")
    (param "a1" u8) (param "a2" u8) (param "a3" u8) (param "a4" u8) (param "a5" u8) (param "a6" u8) (param "a7" u8)
    (param "a8" u8) (param "a9" u8) (param "a10" u8) (param "a11" u8) (param "a12" u8) (param "a13" u8) (param "a14" u8)
    (param "a15" u8) (param "a16" u8) (param "a17" u8) (result u32)
    (canon lift (core func $i "seventeen") (memory $memory) (realloc $realloc)))
  (type $bits' (flags
    "b0" "b1" "b2" "b3" "b4" "b5" "b6" "b7" "b8" "b9" "b10" "b11" "b12" "b13" "b14" "b15"
    "b16" "b17" "b18" "b19" "b20" "b21" "b22" "b23" "b24" "b25" "b26" "b27" "b28" "b29" "b30" "b31"))
  (export $bits "bits" (type $bits'))
  (func (export "invert") (param "it" $bits) (result $bits) (canon lift (core func $i "invert")))
  (func (export "twenty")
    (result (tuple u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16 u16))
    (canon lift (core func $i "twenty") (memory $memory)))
  (func (export "x2-QUOTIENT-of-3d") (param "a" f64) (param "b" f64) (result f64) (canon lift (core func $i "quotient")))
  (func (export "divide") (param "a" s64) (param "b" s64) (result s64) (canon lift (core func $i "divide"))))
