;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Exceptions of core code: caught across core instances by the tag they share; what nobody catches is a trap, and
;; none crosses from one component into another.

(component definition $throws
  (core module $tags (tag (export "t") (param i32)))
  (core module $m
    (import "" "t" (tag $t (param i32)))
    (func $throw (param i32) (throw $t (local.get 0)))
    (func (export "caught") (param i32) (result i32)
      (block $h (result i32)
        (try_table (catch $t $h) (call $throw (local.get 0)))
        (unreachable)))
    (func (export "uncaught") (call $throw (i32.const 1)))
    (func (export "many") (result i32)
      (local $i i32)
      (loop $more
        (block $h (result i32)
          (try_table (catch $t $h) (call $throw (local.get $i)))
          (unreachable))
        (i32.ne (local.tee $i (i32.add (i32.const 1))) (i32.const 100000))
        (br_if $more))
      (local.get $i)))
  (core instance $tags (instantiate $tags))
  (core instance $i (instantiate $m (with "" (instance $tags))))
  (func (export "caught") (param "x" u32) (result u32) (canon lift (core func $i "caught")))
  (func (export "uncaught") (canon lift (core func $i "uncaught")))
  (func (export "many") (result u32) (canon lift (core func $i "many"))))
(component instance $e1 $throws)
(assert_return (invoke "caught" (u32.const 7)) (u32.const 7))
(assert_return (invoke "many") (u32.const 100000))
(assert_trap (invoke "uncaught") "thrown Wasm exception")
(component instance $e2 $throws)
(assert_return (invoke "caught" (u32.const 8)) (u32.const 8))

;; Thrown in one component, called from inside a try of another: that try sees nothing of it.
(component
  (component $thrower
    (core module $m (tag $t) (func (export "f") (throw $t)))
    (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))
  (component $catcher
    (import "f" (func $f))
    (core func $f' (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f))
      (func (export "g") (result i32)
        (block $all
          (try_table (catch_all $all) (call $f))
          (return (i32.const 1)))
        (i32.const 2)))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
    (func (export "g") (result u32) (canon lift (core func $i "g"))))
  (instance $thrower (instantiate $thrower))
  (instance $catcher (instantiate $catcher (with "f" (func $thrower "f"))))
  (func (export "g") (alias export $catcher "g")))
(assert_trap (invoke "g") "thrown Wasm exception")

;; What is thrown and kept takes memory, and that has the instance's limit.
(component definition $chains
  (core module $m
    (tag $t (param exnref))
    (table $kept 1 exnref)
    (func (export "chain") (param i32) (result i32)
      (local $e exnref) (local $i i32)
      (local.set $e (ref.null exn))
      (loop $more
        (block $h (result exnref exnref)
          (try_table (catch_ref $t $h) (throw $t (local.get $e)))
          (unreachable))
        (local.set $e)
        (drop)
        (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
      (table.set $kept (i32.const 0) (local.get $e))
      (local.get $i)))
  (core instance $i (instantiate $m))
  (func (export "chain") (param "n" u32) (result u32) (canon lift (core func $i "chain"))))
(component instance $a $chains)
(assert_return (invoke "chain" (u32.const 10000)) (u32.const 10000))
(assert_return (invoke "chain" (u32.const 1)) (u32.const 1))
(component instance $b $chains)
(assert_trap (invoke "chain" (u32.const 0xffffffff)) "GC heap out of memory")
(component instance $c $chains)
(assert_return (invoke "chain" (u32.const 10)) (u32.const 10))
