;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; An instance that calls its own lifted function again and again, each time with 65536 borrows of one handle:
;; nothing of it stands in a table, as the instance defines the resource.
(component
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core module $guest
    (type $walk (func (param i32 i32)))
    (import "own" "new" (func $new (param i32) (result i32)))
    (memory (export "memory") 16)
    (table (export "table") 1 funcref)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 524288))
    (func $walk (export "walk") (type $walk)
      (call_indirect (type $walk) (i32.const 0) (i32.const 65536) (i32.const 0)))
    (func (export "run") (local $at i32) (local $handle i32)
      (local.set $handle (call $new (i32.const 7)))
      (loop $more
        (i32.store (local.get $at) (local.get $handle))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $more (i32.lt_u (local.get $at) (i32.const 262144))))
      (call $walk (i32.const 0) (i32.const 0))))
  (core instance $own (export "new" (func $new)))
  (core instance $g (instantiate $guest (with "own" (instance $own))))
  (alias core export $g "memory" (core memory $memory))
  (alias core export $g "realloc" (core func $realloc))
  (func $walk (param "things" (list (borrow $thing)))
    (canon lift (core func $g "walk") (memory $memory) (realloc $realloc)))
  (core func $again (canon lower (func $walk) (memory $memory)))
  (core module $fix
    (import "guest" "table" (table 1 funcref))
    (import "own" "again" (func $again (param i32 i32)))
    (elem (i32.const 0) $again))
  (core instance $lowered (export "again" (func $again)))
  (core instance (instantiate $fix (with "guest" (instance $g)) (with "own" (instance $lowered))))
  (func (export "run") (canon lift (core func $g "run"))))
