;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Guest for bench/component.c: two components side by side; each `cross-…` of one makes n calls of the other.
(component
  (component $callee
    (core module $main
      (import "library" "top" (global $top (mut i32)))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "take") (param i32 i32)
        (global.set $top (i32.const 4194304))))
    (core module $library
      (memory (export "memory") 128)
      (global $top (export "top") (mut i32) (i32.const 4194304))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $top)
        (global.set $top (i32.add (global.get $top) (local.get 3)))))
    (core instance $library (instantiate $library))
    (core instance $main (instantiate $main (with "library" (instance $library))))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $main "add")))
    (alias core export $library "memory" (core memory $memory))
    (alias core export $library "realloc" (core func $realloc))
    (func (export "take") (param "b" (list u8))
      (canon lift (core func $main "take") (memory $memory) (realloc $realloc))))

  (component $caller
    (import "callee" (instance $callee
      (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
      (export "take" (func (param "b" (list u8))))))
    (core module $library (memory (export "memory") 128))
    (core module $main
      (import "callee" "add" (func $add (param i32 i32) (result i32)))
      (import "callee" "take" (func $take (param i32 i32)))
      (func (export "cross-add") (param i32) (result i32) (local $sum i32)
        (loop $again
          (local.set $sum (call $add (local.get $sum) (local.get 0)))
          (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum))
      (func (export "cross-bytes") (param i32 i32)
        (loop $again
          (call $take (i32.const 2097152) (local.get 1))
          (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
    (core instance $library (instantiate $library))
    (alias core export $library "memory" (core memory $memory))
    (core func $add (canon lower (func $callee "add")))
    (core func $take (canon lower (func $callee "take") (memory $memory)))
    (core instance $main (instantiate $main
      (with "callee" (instance (export "add" (func $add)) (export "take" (func $take))))))
    (func (export "cross-add") (param "n" u32) (result u32) (canon lift (core func $main "cross-add")))
    (func (export "cross-bytes") (param "n" u32) (param "size" u32) (canon lift (core func $main "cross-bytes"))))

  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "callee" (instance $callee))))
  (export "cross-add" (func $caller "cross-add"))
  (export "cross-bytes" (func $caller "cross-bytes")))
