;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Component: texts in Latin-1 where that is enough, else in UTF-16, told apart by the highest bit of the length.
;; shout raises a to z and the small letters of Latin-1; told says in which of the two a text came and how many units.
(component
  (core module $m
    (memory (export "memory") 2)
    (global $top (mut i32) (i32.const 64))

    (func (export "realloc") (param $old i32) (param $n i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      ;; What was made last may grow or shrink where it is: it does while a text is found to be no Latin-1.
      (if (i32.eqz (local.get $old))
        (then
          (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8))))
        (else
          (local.set $at (local.get $old))))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $top) (i32.const 131072)) (then (unreachable)))
      (local.get $at))
    (func (export "done") (param i32) (global.set $top (i32.const 64)))

    (func $raised (param $c i32) (result i32)
      (if (i32.or
            (i32.le_u (i32.sub (local.get $c) (i32.const 0x61)) (i32.const 25))
            (i32.and
              (i32.le_u (i32.sub (local.get $c) (i32.const 0xe0)) (i32.const 30))
              (i32.ne (local.get $c) (i32.const 0xf7))))
        (then (return (i32.sub (local.get $c) (i32.const 32)))))
      (local.get $c))

    (func (export "shout") (param $at i32) (param $length i32) (result i32)
      (local $end i32) (local $wide i32) (local $p i32)
      (local.set $wide (i32.shr_u (local.get $length) (i32.const 31)))
      (local.set $p (local.get $at))
      (local.set $end (i32.add (local.get $at)
        (i32.shl (i32.and (local.get $length) (i32.const 0x7fffffff)) (local.get $wide))))
      (block $over
        (loop $next
          (br_if $over (i32.eq (local.get $p) (local.get $end)))
          (if (local.get $wide)
            (then (i32.store16 (local.get $p) (call $raised (i32.load16_u (local.get $p)))))
            (else (i32.store8 (local.get $p) (call $raised (i32.load8_u (local.get $p))))))
          (local.set $p (i32.add (i32.add (local.get $p) (i32.const 1)) (local.get $wide)))
          (br $next)))
      (i32.store (i32.const 16) (local.get $at))
      (i32.store (i32.const 20) (local.get $length))
      (i32.const 16))

    (func (export "told") (param i32) (param $length i32) (result i32)
      (i32.store8 (i32.const 16) (i32.shr_u (local.get $length) (i32.const 31)))
      (i32.store (i32.const 20) (i32.and (local.get $length) (i32.const 0x7fffffff)))
      (i32.const 16)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (alias core export $i "done" (core func $done))

  (func (export "shout") (param "text" string) (result string)
    (canon lift (core func $i "shout") (memory $memory) (realloc $realloc) (post-return $done) string-encoding=latin1+utf16))
  (type $encoding' (enum "latin1" "utf16"))
  (export $encoding "encoding" (type $encoding'))
  (func (export "told") (param "text" string) (result (tuple $encoding u32))
    (canon lift (core func $i "told") (memory $memory) (realloc $realloc) (post-return $done) string-encoding=latin1+utf16)))
