;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Guest for bench/component.c: calls in and calls out.  Each `call-…` makes n calls of one host function.
(component
  (type $entry-type (record (field "id" u32) (field "weight" f64) (field "label" string)))
  (import "entry" (type $entry (eq $entry-type)))
  (import "host-add" (func $host-add (param "a" u32) (param "b" u32) (result u32)))
  (import "host-text" (func $host-text (param "t" string)))
  (import "host-bytes" (func $host-bytes (param "b" (list u8))))
  (import "host-entries" (func $host-entries (param "e" (list $entry))))
  (import "host-give" (func $host-give (param "n" u32) (result (list u8))))

  ;; memory and an allocator that is emptied by whoever has taken what was in it
  (core module $library
    (memory (export "memory") 128)
    (global $top (export "top") (mut i32) (i32.const 4194304))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 3)))))

  (core module $main
    (import "library" "memory" (memory 1))
    (import "library" "top" (global $top (mut i32)))
    (import "host" "add" (func $add (param i32 i32) (result i32)))
    (import "host" "text" (func $text (param i32 i32)))
    (import "host" "bytes" (func $bytes (param i32 i32)))
    (import "host" "entries" (func $entries (param i32 i32)))
    (import "host" "give" (func $give (param i32 i32)))
    ;; a text of 20 bytes at 1024, a label of 12 at 1056; 1,000 entries at 65536
    (data (i32.const 1024) "twenty bytes of text")
    (data (i32.const 1056) "label-000001")
    (func $fill (export "fill") (local $i i32) (local $p i32)
      (local.set $p (i32.const 65536))
      (loop $again
        (i32.store (local.get $p) (local.get $i))
        (f64.store offset=8 (local.get $p) (f64.convert_i32_u (local.get $i)))
        (i32.store offset=16 (local.get $p) (i32.const 1056))
        (i32.store offset=20 (local.get $p) (i32.const 12))
        (local.set $p (i32.add (local.get $p) (i32.const 24)))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000)))))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "take") (param i32 i32) (global.set $top (i32.const 4194304)))
    (func (export "give") (param i32) (result i32)
      (i32.store (i32.const 16) (i32.const 2097152))
      (i32.store (i32.const 20) (local.get 0))
      (i32.const 16))
    (func (export "call-add") (param i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (call $add (local.get $sum) (local.get 0)))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $sum))
    (func (export "call-text") (param i32)
      (loop $again
        (call $text (i32.const 1024) (i32.const 20))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "call-bytes") (param i32 i32)
      (loop $again
        (call $bytes (i32.const 2097152) (local.get 1))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "call-give") (param i32 i32)
      (loop $again
        (global.set $top (i32.const 4194304))
        (call $give (local.get 1) (i32.const 16))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (global.set $top (i32.const 4194304)))
    (func (export "call-entries") (param i32)
      (call $fill)
      (loop $again
        (call $entries (i32.const 65536) (i32.const 1000))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))

  (core instance $library (instantiate $library))
  (alias core export $library "memory" (core memory $memory))
  (alias core export $library "realloc" (core func $realloc))
  (core func $add (canon lower (func $host-add)))
  (core func $text (canon lower (func $host-text) (memory $memory)))
  (core func $bytes (canon lower (func $host-bytes) (memory $memory)))
  (core func $entries (canon lower (func $host-entries) (memory $memory)))
  (core func $give (canon lower (func $host-give) (memory $memory) (realloc $realloc)))
  (core instance $main (instantiate $main
    (with "library" (instance $library))
    (with "host" (instance
      (export "add" (func $add)) (export "text" (func $text)) (export "bytes" (func $bytes))
      (export "entries" (func $entries)) (export "give" (func $give))))))

  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $main "add")))
  (func (export "take-text") (param "t" string)
    (canon lift (core func $main "take") (memory $memory) (realloc $realloc)))
  (func (export "take-bytes") (param "b" (list u8))
    (canon lift (core func $main "take") (memory $memory) (realloc $realloc)))
  (func (export "take-entries") (param "e" (list $entry))
    (canon lift (core func $main "take") (memory $memory) (realloc $realloc)))
  (func (export "give-bytes") (param "n" u32) (result (list u8))
    (canon lift (core func $main "give") (memory $memory)))
  (func (export "call-add") (param "n" u32) (result u32) (canon lift (core func $main "call-add")))
  (func (export "call-text") (param "n" u32) (canon lift (core func $main "call-text")))
  (func (export "call-bytes") (param "n" u32) (param "size" u32) (canon lift (core func $main "call-bytes")))
  (func (export "call-give") (param "n" u32) (param "size" u32) (canon lift (core func $main "call-give")))
  (func (export "call-entries") (param "n" u32) (canon lift (core func $main "call-entries"))))
