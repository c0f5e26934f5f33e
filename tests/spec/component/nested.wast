;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Composition: components in components, `with` arguments, aliases inwards and outwards, one module instantiated
;; with different imports, tables filled later, everything passed on by name.

;; A chain: each adds its own to what the one inside it gives.
(component
  (component $leaf
    (core module $m (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core instance $i (instantiate $m))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))
  (component $link
    (import "f" (func $f (param "x" u32) (result u32)))
    (core func $f' (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (i32.mul (call $f (local.get 0)) (i32.const 10))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))
  (instance $a (instantiate $leaf))
  (instance $b (instantiate $link (with "f" (func $a "f"))))
  (instance $c (instantiate $link (with "f" (func $b "f"))))
  (instance $d (instantiate $link (with "f" (func $c "f"))))
  (func (export "one") (alias export $a "f"))
  (func (export "two") (alias export $b "f"))
  (func (export "four") (alias export $d "f")))
(assert_return (invoke "one" (u32.const 1)) (u32.const 2))
(assert_return (invoke "two" (u32.const 1)) (u32.const 20))
(assert_return (invoke "four" (u32.const 1)) (u32.const 2000))

;; Each instance has its own globals; what is aliased from one twice is the same.
(component
  (component $counter
    (core module $m
      (global $n (mut i32) (i32.const 0))
      (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.get $n)))
    (core instance $i (instantiate $m))
    (func (export "next") (result u32) (canon lift (core func $i "next"))))
  (instance $a (instantiate $counter))
  (instance $b (instantiate $counter))
  (instance $both (export "a" (instance $a)) (export "b" (instance $b)))
  (alias export $both "a" (instance $a2))
  (func (export "a") (alias export $a "next"))
  (func (export "a-again") (alias export $a2 "next"))
  (func (export "b") (alias export $b "next")))
(assert_return (invoke "a") (u32.const 1))
(assert_return (invoke "a") (u32.const 2))
(assert_return (invoke "b") (u32.const 1))
(assert_return (invoke "a-again") (u32.const 3))

;; A module of the outside, instantiated inside.
(component
  (core module $m (func (export "f") (result i32) (i32.const 42)))
  (component $middle
    (component $inside
      (alias outer 2 $m (core module $mine))
      (core instance $i (instantiate $mine))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))
    (instance $i (instantiate $inside))
    (func (export "f") (alias export $i "f")))
  (instance $i (instantiate $middle))
  (func (export "f") (alias export $i "f")))
(assert_return (invoke "f") (u32.const 42))

;; Modules and components as arguments.
(component
  (component $runner
    (import "m" (core module $m (import "" "x" (func (result i32))) (export "f" (func (result i32)))))
    (import "c" (component $c (export "f" (func (result u32)))))
    (core module $x (func (export "x") (result i32) (i32.const 5)))
    (core instance $x (instantiate $x))
    (core instance $i (instantiate $m (with "" (instance $x))))
    (instance $j (instantiate $c))
    (func (export "of-module") (result u32) (canon lift (core func $i "f")))
    (func (export "of-component") (alias export $j "f")))
  (core module $m
    (import "" "x" (func $x (result i32)))
    (func (export "f") (result i32) (i32.add (call $x) (i32.const 100)))
    (func (export "more")))
  (component $c
    (core module $m (func (export "f") (result i32) (i32.const 7)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f")))
    (func (export "more") (result u32) (canon lift (core func $i "f"))))
  (instance $i (instantiate $runner (with "m" (core module $m)) (with "c" (component $c))))
  (func (export "of-module") (alias export $i "of-module"))
  (func (export "of-component") (alias export $i "of-component")))
(assert_return (invoke "of-module") (u32.const 105))
(assert_return (invoke "of-component") (u32.const 7))

;; The cycle that linkers make: stubs call through a table which is filled once everything is there.
(component
  (component $log
    (core module $m
      (memory (export "mem") 1)
      (global $p (mut i32) (i32.const 256))
      (global $n (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $p)
        (global.set $p (i32.add (global.get $p) (local.get 3))))
      (func (export "log") (param i32 i32) (global.set $n (i32.add (global.get $n) (local.get 1))))
      (func (export "length") (result i32) (global.get $n)))
    (core instance $i (instantiate $m))
    (func (export "log") (param "s" string)
      (canon lift (core func $i "log") (memory (core memory $i "mem")) (realloc (core func $i "realloc"))))
    (func (export "length") (result u32) (canon lift (core func $i "length"))))
  (instance $log (instantiate $log))
  (core module $stubs
    (type $t (func (param i32 i32)))
    (table (export "table") 1 funcref)
    (func (export "log") (param i32 i32) (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $main
    (import "" "log" (func $log (param i32 i32)))
    (memory (export "mem") 1)
    (data (i32.const 8) "hello")
    (func (export "run") (call $log (i32.const 8) (i32.const 5)) (call $log (i32.const 9) (i32.const 2))))
  (core module $fill
    (import "" "table" (table 1 funcref))
    (import "" "log" (func $log (param i32 i32)))
    (elem (i32.const 0) func $log))
  (core instance $stubs (instantiate $stubs))
  (core instance $main (instantiate $main (with "" (instance (export "log" (func $stubs "log"))))))
  (core func $log (canon lower (func $log "log") (memory (core memory $main "mem"))))
  (core instance (instantiate $fill (with "" (instance (export "table" (table $stubs "table")) (export "log" (func $log))))))
  (func (export "run") (canon lift (core func $main "run")))
  (func (export "length") (alias export $log "length")))
(assert_return (invoke "length") (u32.const 0))
(assert_return (invoke "run"))
(assert_return (invoke "length") (u32.const 7))

;; Memories, tables and globals shared between core modules.
(component
  (core module $base
    (memory (export "mem") 1)
    (table (export "tab") 2 funcref)
    (global (export "sp") (mut i32) (i32.const 1000))
    (global (export "base") i32 (i32.const 64)))
  (core module $lib
    (import "env" "mem" (memory 1))
    (import "env" "tab" (table 2 funcref))
    (import "env" "sp" (global $sp (mut i32)))
    (import "env" "base" (global $base i32))
    (type $t (func (result i32)))
    (data (global.get $base) "\2a")
    (elem (i32.const 1) func $f)
    (func $f (result i32) (i32.load8_u (global.get $base)))
    (func (export "push") (global.set $sp (i32.sub (global.get $sp) (i32.const 8)))))
  (core module $main
    (import "env" "mem" (memory 1))
    (import "env" "tab" (table 2 funcref))
    (import "env" "sp" (global $sp (mut i32)))
    (import "lib" "push" (func $push))
    (type $t (func (result i32)))
    (func (export "f") (result i32)
      (call $push)
      (call $push)
      (i32.add (global.get $sp) (call_indirect (type $t) (i32.const 1)))))
  (core instance $base (instantiate $base))
  (core instance $lib (instantiate $lib (with "env" (instance $base))))
  (core instance $main (instantiate $main (with "env" (instance $base)) (with "lib" (instance $lib))))
  (func (export "f") (result u32) (canon lift (core func $main "f"))))
(assert_return (invoke "f") (u32.const 1026))
(assert_return (invoke "f") (u32.const 1010))

;; Start sections run in order of instantiation, and can call what is there by then.
(component
  (component $list
    (core module $m
      (global $v (mut i32) (i32.const 0))
      (func (export "add") (param i32) (global.set $v (i32.add (i32.mul (global.get $v) (i32.const 10)) (local.get 0))))
      (func (export "get") (result i32) (global.get $v)))
    (core instance $i (instantiate $m))
    (func (export "add") (param "d" u32) (canon lift (core func $i "add")))
    (func (export "get") (result u32) (canon lift (core func $i "get"))))
  (instance $list (instantiate $list))
  (core func $add (canon lower (func $list "add")))
  (core instance $env (export "add" (func $add)))
  (core module $one (import "" "add" (func $add (param i32))) (func $s (call $add (i32.const 1))) (start $s))
  (core module $two (import "" "add" (func $add (param i32))) (func $s (call $add (i32.const 2))) (start $s))
  (core instance (instantiate $two (with "" (instance $env))))
  (core instance (instantiate $one (with "" (instance $env))))
  (core instance (instantiate $two (with "" (instance $env))))
  (func (export "get") (alias export $list "get")))
(assert_return (invoke "get") (u32.const 212))

;; Types that stand outside, used inside; records that two components agree on by structure.
(component
  (type $p' (record (field "x" u32) (field "name" string)))
  (export $p "p" (type $p'))
  (component $in
    (alias outer 1 $p' (type $mine'))
    (export $mine "mine" (type $mine'))
    (core module $m
      (memory (export "mem") 1)
      (global $next (mut i32) (i32.const 256))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3))))
      (func (export "f") (param i32 i32 i32) (result i32)
        (i32.store (i32.const 8) (i32.add (local.get 0) (local.get 2)))
        (i32.store (i32.const 12) (local.get 1))
        (i32.store (i32.const 16) (local.get 2))
        (i32.const 8)))
    (core instance $i (instantiate $m))
    (func (export "f") (param "p" $mine) (result $mine)
      (canon lift (core func $i "f") (memory (core memory $i "mem")) (realloc (core func $i "realloc")))))
  (instance $in (instantiate $in))
  (alias export $in "f" (func $f))
  (export "f" (func $f) (func (param "p" $p) (result $p))))
(assert_return (invoke "f" (record.const (field "x" u32.const 1) (field "name" str.const "abc")))
               (record.const (field "x" u32.const 4) (field "name" str.const "abc")))
